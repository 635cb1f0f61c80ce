//! Strings in URL paths.
//!
//! URL parsers resolve `.` and `..` and read a backslash as a slash, so an unchecked string could send
//! a request to another route. Every string in a path therefore has a hand-written type that rejects
//! such values.

use serde_json::{Value, json};

use super::Findings;
use crate::{
    keywords::RUST_TYPE,
    model::shapes::{Shape, Shapes},
    names,
    problem::Note,
    reference::{Pointer, component_name, reference_to},
    tree::METHODS,
};

/// Whether a schema describes strings that are valid path segments and has a hand-written type.
pub fn is_id(schema: &Value) -> bool {
    schema["type"] == "string" && schema["not"] == forbidden() && schema[RUST_TYPE].is_string()
}

/// Replaces the schema of every string in a path that has no id type by a reference to `PathSegment`.
pub(super) fn check_path_segments(document: &mut Value, findings: &mut Findings) {
    let schemas = document
        .pointer("/components/schemas")
        .cloned()
        .unwrap_or_default();
    let name = free_name(&schemas);
    let mut used = false;
    let items = document["paths"].as_object_mut().into_iter().flatten();
    for (path, item) in items {
        for method in METHODS {
            let Some(Value::Array(list)) = item
                .get_mut(method)
                .and_then(|operation| operation.get_mut("parameters"))
            else {
                continue;
            };
            for (index, parameter) in list.iter_mut().enumerate() {
                if parameter["in"] != "path" || !needs_segment(&schemas, &parameter["schema"]) {
                    continue;
                }
                used = true;
                parameter["schema"] = json!({ "$ref": reference_to(&name) });
                let at = Pointer::of([
                    "paths",
                    path,
                    method,
                    "parameters",
                    &index.to_string(),
                    "schema",
                ]);
                findings.notes.push(Note::new(
                    "path-segment",
                    &at,
                    format!(
                        "replaced by {name}, which rejects \"\", \".\", \"..\" and backslashes"
                    ),
                ));
            }
        }
    }
    if used {
        document["components"]["schemas"][&name] = json!({
            "type": "string",
            "description": "A string in a URL path. Empty strings, `.`, `..` and backslashes are rejected.",
            "not": forbidden(),
            RUST_TYPE: "crate::ids::PathSegment",
        });
    }
}

/// Whether a parameter may be a string that no type checks.
fn needs_segment(schemas: &Value, schema: &Value) -> bool {
    if let Some(target) = schema["$ref"].as_str().and_then(component_name) {
        return !is_id(&schemas[&target]) && needs_segment(schemas, &schemas[&target]);
    }
    let shapes = Shapes(schemas).alternatives(schema).unwrap_or_default();
    let is_free = |shape: &Shape| matches!(shape, Shape::Text(None) | Shape::Any);
    shapes.iter().any(is_free)
        && shapes
            .iter()
            .all(|shape| shape.is_scalar() || is_free(shape))
}

/// Returns `PathSegment`, or a name with a number if the document contains another schema of this name.
fn free_name(schemas: &Value) -> String {
    let taken = |name: &String| {
        schemas
            .as_object()
            .into_iter()
            .flatten()
            .any(|(other, _)| names::pascal(other) == *name)
    };
    let mut name = "PathSegment".to_owned();
    for number in 2.. {
        if !taken(&name) {
            break;
        }
        name = format!("PathSegment{number}");
    }
    name
}

fn forbidden() -> Value {
    json!({"enum": ["", ".", ".."]})
}
