//! Detection of schemas that are aliases of themselves.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::{
    problem::Problem,
    reference::{Pointer, component_name},
};

/// Refuses schemas that refer to themselves without an object, an array or a map in between.
///
/// A tree may contain itself in a property. An alias of itself describes no value, and following its
/// references would never end.
pub(super) fn check(document: &Value, problems: &mut Vec<Problem>) {
    let Some(Value::Object(schemas)) = document.pointer("/components/schemas") else {
        return;
    };
    for name in schemas.keys() {
        if let Some(circle) = circle(schemas, name) {
            problems.push(Problem::new(
                &Pointer::of(["components", "schemas", name]),
                format!("the schema is an alias of itself: {circle}"),
                "replace one of the references by an action in openapi/overlay.yaml",
            ));
        }
    }
}

/// Returns the cycle of references from a schema back to itself.
fn circle(schemas: &Map<String, Value>, start: &str) -> Option<String> {
    // Each reached schema with the schema that refers to it.
    let mut from: BTreeMap<String, String> = BTreeMap::new();
    let mut open = vec![start.to_owned()];
    while let Some(name) = open.pop() {
        for next in schemas.get(&name).map(same).unwrap_or_default() {
            if !from.contains_key(&next) {
                from.insert(next.clone(), name.clone());
                open.push(next);
            }
        }
    }
    let mut way = vec![start];
    let mut name = from.get(start)?.as_str();
    while name != start {
        way.push(name);
        name = from.get(name)?;
    }
    way.push(start);
    way.reverse();
    Some(way.join(" → "))
}

/// Returns the component schemas that every value of the schema must match.
fn same(schema: &Value) -> Vec<String> {
    let own = schema
        .get("$ref")
        .and_then(Value::as_str)
        .and_then(component_name);
    let members = ["allOf", "anyOf", "oneOf"]
        .iter()
        .filter_map(|key| schema.get(key)?.as_array())
        .flatten()
        .flat_map(same);
    own.into_iter().chain(members).collect()
}
