//! Schemas that are themselves and nothing else.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{problem::Problem, select::component_name, tree::Pointer};

/// Refuses schemas that lead back to themselves without an object, an array or a map in between.
///
/// A tree contains itself in its members, which is well; a schema that *is* itself says nothing, and
/// who follows it never ends.
pub(super) fn check(document: &Value, problems: &mut Vec<Problem>) {
    let Some(Value::Object(schemas)) = document.pointer("/components/schemas") else {
        return;
    };
    for name in schemas.keys() {
        let mut reached = BTreeSet::new();
        let mut open: Vec<String> = schemas.get(name).map(same).unwrap_or_default();
        while let Some(next) = open.pop() {
            if let Some(schema) = schemas.get(&next)
                && reached.insert(next)
            {
                open.extend(same(schema));
            }
        }
        if reached.contains(name) {
            problems.push(Problem::new(
                &Pointer::of(["components", "schemas", name]),
                "the schema refers to itself without anything in between: a circle of $ref",
                "replace the reference by an action in openapi/overlay.yaml",
            ));
        }
    }
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
