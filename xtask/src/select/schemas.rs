//! Copies the schemas that the selected operations use.

use serde_json::{Map, Value, json};

use crate::{
    problem::Problem,
    reference::{Pointer, component_name, percent_decoded, reference_to, resolve},
    schema::names_in,
    tree::{self, Kind},
};

/// Copies every schema of `upstream` that `selected` refers to, directly or through other schemas.
pub(super) fn copy_reachable(upstream: &Value, selected: &mut Value, problems: &mut Vec<Problem>) {
    check_references(
        upstream,
        selected,
        Kind::Document,
        Pointer::root(),
        problems,
    );
    let mut open = names_in(selected, Kind::Document);
    let mut schemas = Map::new();
    while let Some(name) = open.pop() {
        if schemas.contains_key(&name) {
            continue;
        }
        let found = upstream.pointer("/components/schemas");
        if let Some(schema) = found.and_then(|all| all.get(&name)) {
            let mut schema = schema.clone();
            let at = Pointer::of(["components", "schemas", &name]);
            check_references(upstream, &mut schema, Kind::Schema, at, problems);
            open.extend(names_in(&schema, Kind::Schema));
            schemas.insert(name, schema);
        }
    }
    if !schemas.is_empty() {
        selected["components"]["schemas"] = Value::Object(schemas);
    }
}

/// Reports each reference in a schema whose target is not an existing named schema.
fn check_references(
    upstream: &Value,
    value: &mut Value,
    kind: Kind,
    mut at: Pointer,
    problems: &mut Vec<Problem>,
) {
    tree::outside_in_from(value, kind, &mut at, &mut |kind, at, value| {
        if kind != Kind::Schema {
            return;
        }
        let Some(reference) = value.get_mut("$ref") else {
            return;
        };
        match target(upstream, reference) {
            Ok(name) => *reference = json!(reference_to(&name)),
            Err(reason) => problems.push(Problem::new(
                at,
                reason,
                "correct the document, or remove the operation from openapi/select.toml",
            )),
        }
    });
}

/// Returns the name of the schema that a reference points to.
fn target(upstream: &Value, reference: &Value) -> Result<String, String> {
    let schema = resolve(upstream, reference)?;
    let text = reference.as_str().unwrap_or_default();
    match component_name(&percent_decoded(text)) {
        Some(name) if schema.is_object() || schema.is_boolean() => Ok(name),
        _ => Err(format!(
            "$ref {text} does not point to a schema in components/schemas, and other references to \
             schemas are not supported"
        )),
    }
}
