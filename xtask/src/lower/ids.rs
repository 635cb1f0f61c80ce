//! Replaces strings in URL paths by types that reject invalid path segments.
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
    reference::{reference_to, referenced_name},
    tree::{elements, entries, operations, schemas},
};

/// Whether a hand-written type replaces the string schema and checks its values.
pub fn is_id(schema: &Value) -> bool {
    schema["type"] == "string" && schema["not"] == forbidden() && schema[RUST_TYPE].is_string()
}

/// Replaces the schema of each string in a path by a reference to `PathSegment`, unless a
/// hand-written type replaces it.
pub(super) fn check_path_segments(document: &mut Value, findings: &mut Findings) {
    let mut found = Vec::new();
    for (at, operation) in operations(document) {
        for (index, parameter) in elements(&operation["parameters"]).enumerate() {
            if parameter["in"] == "path" && needs_segment(schemas(document), &parameter["schema"]) {
                let at = at.join("parameters").join(&index.to_string());
                found.push(at.join("schema"));
            }
        }
    }
    if found.is_empty() {
        return;
    }
    let name = names::unique("PathSegment", |name| {
        entries(schemas(document)).all(|(other, _)| names::pascal(other) != name)
    });
    for at in found {
        let what = format!("replaced by {name}, which rejects \"\", \".\", \"..\" and backslashes");
        findings.note("path-segment", &at, what);
        if let Some(schema) = document.pointer_mut(&at.to_string()) {
            *schema = json!({ "$ref": reference_to(&name) });
        }
    }
    document["components"]["schemas"][&name] = json!({
        "type": "string",
        "description": "A string in a URL path. Empty strings, `.`, `..` and backslashes are rejected.",
        "not": forbidden(),
        RUST_TYPE: "crate::ids::PathSegment",
    });
}

/// Whether a parameter may be a string that is not validated by a hand-written type.
fn needs_segment(schemas: &Value, schema: &Value) -> bool {
    if let Some(target) = referenced_name(schema) {
        return !is_id(&schemas[&target]) && needs_segment(schemas, &schemas[&target]);
    }
    let shapes = Shapes(schemas).alternatives(schema).unwrap_or_default();
    let is_free = |shape: &Shape| matches!(shape, Shape::Text(None) | Shape::Any);
    shapes.iter().any(is_free)
        && shapes
            .iter()
            .all(|shape| shape.is_scalar() || is_free(shape))
}

fn forbidden() -> Value {
    json!({"enum": ["", ".", ".."]})
}
