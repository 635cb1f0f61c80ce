//! Inlines the schemas of parameters that are named scalars.

use serde_json::{Map, Value};

use crate::{
    reference::{MAX_CHAIN, component_name},
    schema::{is_plain, merge},
    tree::{self, Kind},
};

/// Replaces references of parameters to named scalars by the scalar.
///
/// Versions of the upstream spec differ in whether they name the type of a parameter.
pub(super) fn inline_scalars(document: &mut Value) {
    let schemas = document.pointer("/components/schemas").cloned();
    let Some(Value::Object(schemas)) = schemas else {
        return;
    };
    tree::outside_in(document, &mut |kind, _, value| {
        if kind == Kind::Parameter
            && let Some(Value::Object(schema)) = value.get_mut("schema")
        {
            for _ in 0..MAX_CHAIN {
                if !step(&schemas, schema) {
                    break;
                }
            }
        }
    });
}

/// Replaces the reference by its target if the target is a scalar or another reference. Returns true
/// for another reference.
fn step(schemas: &Map<String, Value>, schema: &mut Map<String, Value>) -> bool {
    let reference = match schema.get("allOf").and_then(Value::as_array) {
        Some(all) => match all.as_slice() {
            [Value::Object(one)] => one.get("$ref"),
            _ => None,
        },
        None => schema.get("$ref"),
    };
    let name = reference.and_then(Value::as_str).and_then(component_name);
    let Some(Value::Object(target)) = name.and_then(|name| schemas.get(&name)) else {
        return false;
    };
    let alias = target.keys().eq(["$ref"]);
    if alias || is_plain(target) {
        schema.remove("allOf");
        schema.remove("$ref");
        merge(schema, target);
    }
    alias
}
