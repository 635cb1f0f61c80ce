//! Functions for schemas and components that several stages use.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{
    keywords::{Role, is_annotation, role},
    problem::Findings,
    reference::{self, Pointer, component_name, referenced_name},
    tree::{self, Kind, entries, text},
};

/// Maximum depth at which references are inlined. Documents nest at most 127 levels, so a deeper
/// reference must be recursive.
const MAX_DEPTH: usize = 256;

/// Replaces every reference by its target, except references to schemas.
pub(crate) fn inline(
    document: &Value,
    value: &mut Value,
    kind: Kind,
    at: &Pointer,
    findings: &mut Findings,
) {
    tree::outside_in_from(value, kind, &mut at.clone(), &mut |kind, at, value| {
        if kind == Kind::Schema || value.get("$ref").is_none() {
            return;
        }
        let target = if at.keys().len() > MAX_DEPTH {
            Err(format!("$ref {} is recursive", value["$ref"]))
        } else {
            reference::follow(document, value)
        };
        match target {
            Ok(target) => *value = target.clone(),
            Err(reason) => {
                let remedy = "correct the document, or bundle it into one file";
                findings.problem(at, reason, remedy);
                // Null stops the traversal here. Otherwise each nested level would repeat the problem.
                *value = Value::Null;
            }
        }
    });
}

/// Removes the schemas that no operation reaches and returns their names.
pub(crate) fn keep_reachable(document: &mut Value) -> Vec<String> {
    let Some(schemas) = document.pointer_mut("/components/schemas") else {
        return Vec::new();
    };
    let mut schemas = schemas.take();
    let reached = reachable(&schemas, document, Kind::Document);
    let mut removed = Vec::new();
    if let Value::Object(schemas) = &mut schemas {
        removed.extend(
            schemas
                .keys()
                .filter(|name| !reached.contains(*name))
                .cloned(),
        );
        schemas.retain(|name, _| reached.contains(name));
    }
    document["components"]["schemas"] = schemas;
    removed
}

/// Returns the document with only one key of each operation, such as `requestBody`, and the schemas
/// that its value refers to.
pub(crate) fn only(document: &Value, part: &str) -> Value {
    let mut document = document.clone();
    tree::outside_in(&mut document, &mut |kind, _, value| {
        if let (Kind::Operation, Value::Object(operation)) = (kind, value) {
            operation.retain(|key, _| key == part);
        }
    });
    keep_reachable(&mut document);
    document
}

/// Returns the names of the `schemas` that `value` refers to, directly or through other schemas.
pub(crate) fn reachable(schemas: &Value, value: &Value, kind: Kind) -> BTreeSet<String> {
    let mut open = names_in(value, kind);
    let mut reached = BTreeSet::new();
    while let Some(name) = open.pop() {
        if let Some(schema) = schemas.get(&name)
            && reached.insert(name)
        {
            open.extend(names_in(schema, Kind::Schema));
        }
    }
    reached
}

/// Returns the names of the schemas that the references in `value` point to.
pub(crate) fn names_in(value: &Value, kind: Kind) -> Vec<String> {
    let mut found = Vec::new();
    tree::references(&mut value.clone(), kind, &mut |_, reference| {
        found.extend(component_name(text(reference)));
    });
    found
}

/// Returns the name of the target if only a reference determines the type of the schema. The
/// reference is a `$ref`, or an `allOf` whose only member is a `$ref`.
pub(crate) fn sole_reference(schema: &Value) -> Option<String> {
    match sole_keyword(schema)? {
        ("allOf", Value::Array(members)) if members.len() == 1 => referenced_name(&members[0]),
        ("$ref", _) => referenced_name(schema),
        _ => None,
    }
}

/// Returns the keyword that determines the type, if there is exactly one.
pub(crate) fn sole_keyword(schema: &Value) -> Option<(&str, &Value)> {
    let determines =
        |key: &str| key != "nullable" && role(key) != Some(Role::Limit) && !is_annotation(key);
    let mut others = entries(schema).filter(|(key, _)| determines(key));
    let (key, value) = others.next()?;
    others.next().is_none().then_some((key, value))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn inline_follows_chain_of_references() {
        let document = json!({"components": {"parameters": {
            "A": {"$ref": "#/components/parameters/B"},
            "B": {"name": "b", "in": "query"},
        }}});
        let mut value = json!({"$ref": "#/components/parameters/A"});
        let mut findings = Findings::default();

        inline(
            &document,
            &mut value,
            Kind::Parameter,
            &Pointer::root(),
            &mut findings,
        );

        assert_eq!(value, json!({"name": "b", "in": "query"}));
        assert_eq!(findings.problems, []);
    }
}
