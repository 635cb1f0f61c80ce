//! Refuses schemas that are only aliases of themselves.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::{
    problem::Problem,
    reference::{Pointer, component_name},
};

/// Refuses schemas that refer to themselves without an object or an array in between.
///
/// A schema that refers to itself in a property is valid. An alias of itself has no values, and
/// resolving it would not terminate.
pub(super) fn check(document: &Value, problems: &mut Vec<Problem>) {
    let Some(Value::Object(schemas)) = document.pointer("/components/schemas") else {
        return;
    };
    for name in schemas.keys() {
        if let Some(cycle) = cycle(schemas, name) {
            problems.push(Problem::new(
                &Pointer::of(["components", "schemas", name]),
                format!(
                    "the schema is an alias of itself, so it has no values: the cycle of references is \
                     {cycle}"
                ),
                "correct the document, or the action of openapi/overlay.yaml that added the reference",
            ));
        }
    }
}

/// Returns the cycle of references from a schema to itself, if there is one.
fn cycle(schemas: &Map<String, Value>, start: &str) -> Option<String> {
    // Maps each visited schema to the schema that refers to it.
    let mut from: BTreeMap<String, String> = BTreeMap::new();
    let mut open = vec![start.to_owned()];
    while let Some(name) = open.pop() {
        for next in schemas.get(&name).map(aliases).unwrap_or_default() {
            if !from.contains_key(&next) {
                from.insert(next.clone(), name.clone());
                open.push(next);
            }
        }
    }
    let mut path = vec![start];
    let mut name = from.get(start)?.as_str();
    while name != start {
        path.push(name);
        name = from.get(name)?;
    }
    path.push(start);
    path.reverse();
    Some(path.join(" → "))
}

/// Returns the schemas that a schema refers to directly or in `allOf`, `oneOf` or `anyOf`.
fn aliases(schema: &Value) -> Vec<String> {
    let own = schema
        .get("$ref")
        .and_then(Value::as_str)
        .and_then(component_name);
    let members = ["allOf", "anyOf", "oneOf"]
        .iter()
        .filter_map(|key| schema.get(key)?.as_array())
        .flatten()
        .flat_map(aliases);
    own.into_iter().chain(members).collect()
}
