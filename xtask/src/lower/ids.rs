//! Identifiers that go into a URL path.
//!
//! The generated client percent-encodes a path parameter, but `.` and `..` stay what they are and
//! the URL parser then climbs out: an id of `..` would send the request to another route. Nothing
//! may reach a path that has not been checked, so a path parameter that is plain text refers to a
//! schema of exactly this form, and the generator turns such a schema into a validating newtype.

use serde_json::{Value, json};

use super::Findings;
use crate::{
    names,
    problem::Note,
    reference::{Pointer, component_name, reference_to},
};

/// Whether a schema is an identifier: text that is none of the values that change a path.
pub fn is_id(schema: &Value) -> bool {
    let Some(schema) = schema.as_object() else {
        return false;
    };
    let known = |key: &String| matches!(key.as_str(), "type" | "not" | "description");
    schema.get("type") == Some(&json!("string"))
        && schema.get("not") == Some(&json!({"enum": ["", ".", ".."]}))
        && schema.keys().all(known)
}

/// Gives every path parameter that is inline text an identifier schema named after it.
pub(super) fn protect_path_parameters(document: &mut Value, findings: &mut Findings) {
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in item.as_object().into_iter().flatten() {
            let list = operation.get("parameters").and_then(Value::as_array);
            for (index, parameter) in list.into_iter().flatten().enumerate() {
                if parameter["in"] == "path" {
                    found.push(Pointer::of([
                        "paths",
                        path,
                        method,
                        "parameters",
                        &index.to_string(),
                        "schema",
                    ]));
                }
            }
        }
    }
    for at in found {
        protect(document, &at, findings);
    }
}

fn protect(document: &mut Value, at: &Pointer, findings: &mut Findings) {
    let pointer = at.to_string();
    let Some(schema) = document.pointer(&pointer) else {
        return;
    };
    let parameter = pointer.trim_end_matches("/schema");
    let name = document
        .pointer(parameter)
        .and_then(|parameter| parameter["name"].as_str());
    let name = names::pascal(name.unwrap_or("id"));

    if let Some(target) = schema
        .get("$ref")
        .and_then(Value::as_str)
        .and_then(component_name)
    {
        let Some(schema) = document.pointer(&format!("/components/schemas/{target}")) else {
            return;
        };
        if is_text(schema) && !is_id(schema) {
            document["components"]["schemas"][&target]["not"] = forbidden();
        }
        return;
    }
    if !is_text(schema) {
        return;
    }
    let mut id = schema.clone();
    id["not"] = forbidden();
    let taken = document
        .pointer("/components/schemas")
        .cloned()
        .unwrap_or_default();
    let free = |name: &String| {
        let others = taken.as_object().into_iter().flatten();
        taken.get(name).is_none_or(is_id)
            && others
                .filter(|(other, _)| *other != name)
                .all(|(other, _)| names::pascal(other) != *name)
    };
    let name = std::iter::once(name.clone())
        .chain(std::iter::once(format!("{name}Id")))
        .chain((2..).map(|number| format!("{name}{number}")))
        .find(free)
        .unwrap_or(name);
    if taken.get(&name).is_none() {
        document["components"]["schemas"][&name] = id;
    }
    findings.notes.push(Note::new(
        "path-id",
        at,
        format!("became {name}, which refuses \"\", \".\" and \"..\""),
    ));
    if let Some(schema) = document.pointer_mut(&pointer) {
        *schema = json!({ "$ref": reference_to(&name) });
    }
}

/// Text without rules of its own.
fn is_text(schema: &Value) -> bool {
    let known = |key: &String| matches!(key.as_str(), "type" | "description" | "not");
    schema["type"] == "string"
        && schema
            .as_object()
            .is_some_and(|schema| schema.keys().all(known))
}

fn forbidden() -> Value {
    json!({"enum": ["", ".", ".."]})
}
