//! Lowers `discriminator` to enums.
//!
//! Progenitor ignores discriminators. An enum of the discriminator property has the same meaning and
//! lets the generated types distinguish the members of a union.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::findings::Findings;
use crate::{
    problem::Problem,
    reference::{component_name, referenced_name},
    schema,
    tree::{self, Kind},
};

/// Restricts the discriminator property of each union member to the values that select the member.
///
/// A component that is also used outside of such unions is unchanged, because there it allows other
/// values. The default member of OpenAPI 3.2 is unchanged for the same reason.
pub(super) fn lower(document: &mut Value, findings: &mut Findings) {
    let used = schema::names_in(document, Kind::Document);
    let mut in_unions = Vec::new();
    let mut values: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    tree::outside_in(document, &mut |kind, at, value| {
        let Some(property) = value["discriminator"]["propertyName"]
            .as_str()
            .filter(|_| kind == Kind::Schema)
        else {
            return;
        };
        let property = property.to_owned();
        let members: Vec<Value> = ["oneOf", "anyOf"]
            .iter()
            .filter_map(|key| value[*key].as_array())
            .flatten()
            .cloned()
            .collect();
        if members.is_empty() {
            if value.get("properties").is_some() || value.get("allOf").is_some() {
                findings.problems.push(Problem::new(
                    at,
                    format!("the discriminator {property} has no `oneOf` or `anyOf` beside it, which is not supported"),
                    "replace it by `oneOf` with the extending schemas by an action in openapi/overlay.yaml",
                ));
            }
            return;
        }
        let default = value["discriminator"]["defaultMapping"].as_str();
        let default =
            default.map(|target| component_name(target).unwrap_or_else(|| target.to_owned()));
        for component in members.iter().filter_map(referenced_name) {
            if default.as_ref() == Some(&component) {
                continue;
            }
            in_unions.push(component.clone());
            let mapping = value["discriminator"]["mapping"]
                .as_object()
                .into_iter()
                .flatten();
            let mut own: BTreeSet<String> = mapping
                .filter(|(_, target)| {
                    let target = target.as_str().unwrap_or_default();
                    component_name(target).unwrap_or_else(|| target.to_owned()) == component
                })
                .map(|(name, _)| name.clone())
                .collect();
            if own.is_empty() {
                own.insert(component.clone());
            }
            values
                .entry((component, property.clone()))
                .or_default()
                .extend(own);
        }
        if let Some(schema) = value.as_object_mut() {
            schema.remove("discriminator");
        }
    });
    let count =
        |names: &[String], name: &String| names.iter().filter(|other| *other == name).count();
    values.retain(|(component, _), _| count(&used, component) == count(&in_unions, component));
    for ((component, property), values) in values {
        let schema = document
            .pointer_mut("/components/schemas")
            .and_then(|schemas| schemas.get_mut(&component));
        if let Some(Value::Object(schema)) = schema {
            restrict(schema, &property, &values);
        }
    }
}

/// Adds an enum to a property of a schema or of one of the schemas in its `allOf`.
fn restrict(schema: &mut Map<String, Value>, property: &str, values: &BTreeSet<String>) {
    if let Some(Value::Object(declared)) = schema
        .get_mut("properties")
        .and_then(|all| all.get_mut(property))
    {
        let is_string = declared.get("type").is_none_or(|name| name == "string");
        if is_string
            && !["$ref", "enum", "const", "allOf", "anyOf", "oneOf"]
                .iter()
                .any(|key| declared.contains_key(*key))
        {
            declared.insert("type".to_owned(), json!("string"));
            declared.insert("enum".to_owned(), json!(values));
        }
        let required = schema.entry("required").or_insert_with(|| json!([]));
        if let Value::Array(names) = required
            && !names.iter().any(|name| name == property)
        {
            names.push(json!(property));
        }
        return;
    }
    for member in schema
        .get_mut("allOf")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        if let Value::Object(member) = member {
            restrict(member, property, values);
        }
    }
}
