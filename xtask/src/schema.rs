//! Functions for schemas and components that several stages use.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::{
    problem::Problem,
    reference::{self, Pointer, referenced_name},
    tree::{self, Child, Kind},
};

/// Maximum depth at which references are inlined. Documents nest at most 127 levels, so a deeper
/// reference must be recursive.
const MAX_DEPTH: usize = 256;

/// Replaces every reference except references to schemas by its target.
pub(crate) fn inline(
    document: &Value,
    value: &mut Value,
    kind: Kind,
    at: &Pointer,
    problems: &mut Vec<Problem>,
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
                problems.push(Problem::new(at, reason, remedy));
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
    removed.sort();
    removed
}

/// Returns the document with only one key of each operation, such as `requestBody`, and the schemas
/// that its value refers to.
pub(crate) fn only(document: &Value, part: &str) -> Value {
    let mut document = document.clone();
    let items = document
        .get_mut("paths")
        .and_then(Value::as_object_mut)
        .into_iter()
        .flat_map(Map::values_mut);
    for operation in items
        .filter_map(Value::as_object_mut)
        .flat_map(Map::values_mut)
    {
        if let Value::Object(operation) = operation {
            operation.retain(|key, _| key == part);
        }
    }
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
    let (mut value, mut at) = (value.clone(), Pointer::root());
    tree::outside_in_from(&mut value, kind, &mut at, &mut |kind, _, value| {
        if kind == Kind::Schema {
            found.extend(referenced_name(value));
        }
    });
    found
}

/// Returns whether a schema is a scalar that contains no schema and no reference.
pub(crate) fn is_plain(schema: &Map<String, Value>) -> bool {
    let is_collection = |name: &Value| *name == "object" || *name == "array";
    let scalar = match schema.get("type") {
        Some(Value::Array(names)) => !names.iter().any(is_collection),
        Some(name) => !is_collection(name),
        None => schema.contains_key("enum") || schema.contains_key("const"),
    };
    scalar
        && schema.keys().all(|key| {
            let is_reference = matches!(key.as_str(), "$ref" | "$dynamicRef" | "$recursiveRef");
            !is_reference && tree::child(Kind::Schema, key) == Child::Leaf
        })
}

/// Adds the keywords of `other` to `schema`, or adds `other` to `allOf` if keywords conflict.
pub(crate) fn merge(schema: &mut Map<String, Value>, other: &Map<String, Value>) {
    let conflict = other
        .iter()
        .any(|(key, value)| schema.get(key).is_some_and(|own| own != value));
    if conflict {
        let all = schema.entry("allOf").or_insert_with(|| json!([]));
        if let Value::Array(all) = all {
            all.push(Value::Object(other.clone()));
        }
    } else {
        schema.extend(other.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inline_follows_chain_of_references() {
        let document = json!({"components": {"parameters": {
            "A": {"$ref": "#/components/parameters/B"},
            "B": {"name": "b", "in": "query"},
        }}});
        let mut value = json!({"$ref": "#/components/parameters/A"});
        let mut problems = Vec::new();

        inline(
            &document,
            &mut value,
            Kind::Parameter,
            &Pointer::root(),
            &mut problems,
        );

        assert_eq!(value, json!({"name": "b", "in": "query"}));
        assert_eq!(problems, []);
    }
}
