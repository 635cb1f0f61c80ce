//! Schemas that are themselves and nothing else.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::{
    problem::Problem,
    reference::{Pointer, component_name},
};

/// Refuses schemas that lead back to themselves without an object, an array or a map in between.
///
/// A tree contains itself in its members, which is well; a schema that *is* itself says nothing, and
/// who follows it never ends.
pub(super) fn check(document: &Value, problems: &mut Vec<Problem>) {
    let Some(Value::Object(schemas)) = document.pointer("/components/schemas") else {
        return;
    };
    for name in schemas.keys() {
        if let Some(circle) = circle(schemas, name) {
            problems.push(Problem::new(
                &Pointer::of(["components", "schemas", name]),
                format!(
                    "a circle of $ref: {circle}; it says of itself only that it is itself, and \
                     nothing of its values"
                ),
                "repair the document, or replace the reference by an action in openapi/overlay.yaml \
                 where that brought it",
            ));
        }
    }
}

/// The way from a schema back to itself, if there is one.
fn circle(schemas: &Map<String, Value>, start: &str) -> Option<String> {
    // Each schema that was reached, with the one that led there.
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

/// The named schemas that a value of this schema is a value of.
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
