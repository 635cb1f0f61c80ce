//! Renames schemas with `x-rust-name`.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::findings::Findings;
use crate::{
    problem::Problem,
    reference::{Pointer, component_name, reference_to},
    tree::{self, Kind},
};

/// Renames each schema with an `x-rust-name`, and updates the references to it.
pub(super) fn schemas(document: &mut Value, findings: &mut Findings) {
    let Some(Value::Object(schemas)) = document.pointer_mut("/components/schemas") else {
        return;
    };
    let mut renamed = BTreeMap::new();
    let mut result = Map::new();
    for (old, mut schema) in std::mem::take(schemas) {
        let new = schema
            .as_object_mut()
            .and_then(|schema| schema.remove("x-rust-name"));
        let at = Pointer::of(["components", "schemas", &old]);
        let name = match new {
            None => old,
            Some(Value::String(new)) if crate::names::pascal(&new) == new => {
                renamed.insert(old, new.clone());
                new
            }
            Some(other) => {
                findings.problems.push(Problem::new(
                    &at,
                    format!("x-rust-name {other} is not the name of a Rust type"),
                    "use PascalCase in openapi/overlay.yaml",
                ));
                old
            }
        };
        if result.contains_key(&name) {
            findings.problems.push(Problem::new(
                &at,
                format!("two schemas have the name {name}"),
                "give one of them another x-rust-name in openapi/overlay.yaml",
            ));
        }
        result.insert(name, schema);
    }
    *schemas = result;
    tree::outside_in(document, &mut |kind, _, value| {
        if kind != Kind::Schema {
            return;
        }
        let Some(Value::String(reference)) = value.get_mut("$ref") else {
            return;
        };
        if let Some(new) = component_name(reference).and_then(|old| renamed.get(&old)) {
            *reference = reference_to(new);
        }
    });
}
