//! Lowers `discriminator` to enums.
//!
//! Progenitor ignores discriminators. An enum of the discriminator property has the same meaning and
//! lets the generated types distinguish the members of a union.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{Findings, Object};
use crate::{
    keywords::COMBINATIONS,
    reference::{component_name, referenced_name},
    schema,
    tree::{self, Kind, elements, entries, text},
};

/// Restricts the discriminator property of each union member to the values that select the member.
///
/// A component that is also used outside of such unions is unchanged, because the property of such a
/// component can have any value there. The default member of OpenAPI 3.2 is unchanged, because all
/// values that the discriminator does not list select the default member.
pub(super) fn lower(document: &mut Value, findings: &mut Findings) {
    let used = schema::names_in(document, Kind::Document);
    let mut in_unions = Vec::new();
    let mut values: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    tree::outside_in(document, &mut |kind, at, value| {
        let (Kind::Schema, Value::Object(schema)) = (kind, value) else {
            return;
        };
        let discriminator = schema.get("discriminator").cloned().unwrap_or_default();
        let Some(property) = discriminator["propertyName"].as_str() else {
            return;
        };
        let has = |key: &str| schema.contains_key(key);
        if !has("oneOf") && !has("anyOf") {
            if has("properties") || has("allOf") {
                let what = format!(
                    "the discriminator {property} has no `oneOf` or `anyOf` beside it, which is not supported"
                );
                let remedy = "use an action in openapi/overlay.yaml to replace the discriminator by a `oneOf` of the schemas that extend this schema";
                findings.problem(at, what, remedy);
            }
            return;
        }
        let target = |name: &Value| {
            let name = text(name);
            component_name(name).unwrap_or_else(|| name.to_owned())
        };
        let default = target(&discriminator["defaultMapping"]);
        let unions = ["oneOf", "anyOf"]
            .into_iter()
            .filter_map(|key| schema.get(key));
        let members = unions.flat_map(elements).filter_map(referenced_name);
        for component in members.filter(|component| *component != default) {
            let mapping = entries(&discriminator["mapping"]);
            let own = mapping.filter(|(_, name)| target(name) == component);
            let mut own: BTreeSet<String> = own.map(|(value, _)| value.clone()).collect();
            if own.is_empty() {
                own.insert(component.clone());
            }
            let key = (component.clone(), property.to_owned());
            values.entry(key).or_default().extend(own);
            in_unions.push(component);
        }
        schema.remove("discriminator");
    });
    let count =
        |names: &[String], name: &String| names.iter().filter(|other| *other == name).count();
    for ((component, property), values) in values {
        let is_used_elsewhere = count(&used, &component) != count(&in_unions, &component);
        if !is_used_elsewhere
            && let Some(Value::Object(schemas)) = document.pointer_mut("/components/schemas")
            && let Some(Value::Object(schema)) = schemas.get_mut(&component)
        {
            restrict(schema, &property, &values);
        }
    }
}

/// Adds an enum to a property of a schema or of one of the schemas in its `allOf`.
fn restrict(schema: &mut Object, property: &str, values: &BTreeSet<String>) {
    let properties = schema.get_mut("properties");
    if let Some(Value::Object(declared)) = properties.and_then(|all| all.get_mut(property)) {
        let is_string = declared.get("type").is_none_or(|name| name == "string");
        let is_restricted = ["$ref", "enum", "const"]
            .iter()
            .chain(&COMBINATIONS)
            .any(|key| declared.contains_key(*key));
        if is_string && !is_restricted {
            declared.insert("type".to_owned(), json!("string"));
            declared.insert("enum".to_owned(), json!(values));
        }
        let required = schema.entry("required").or_insert_with(|| json!([]));
        if let Value::Array(names) = required
            && !names.iter().any(|name| name == property)
        {
            names.push(json!(property));
        }
    } else if let Some(Value::Array(members)) = schema.get_mut("allOf") {
        for member in members.iter_mut().filter_map(Value::as_object_mut) {
            restrict(member, property, values);
        }
    }
}
