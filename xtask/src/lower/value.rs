//! The rules for single values: constants, enums, defaults, samples, formats.

use std::cmp::Ordering;

use serde_json::{Map, Value, json};

use super::{Findings, combine};
use crate::{
    problem::{Note, Problem},
    tree::Pointer,
};

type Object = Map<String, Value>;

/// Formats of OpenAPI 3.0.3; others are annotations that only some tools know.
const FORMATS: [(&str, &[&str]); 3] = [
    ("integer", &["int32", "int64", "uint64"]),
    ("number", &["float", "double"]),
    (
        "string",
        &["byte", "binary", "date", "date-time", "password"],
    ),
];

/// `const` is an enum of one value.
pub(super) fn constant(schema: &mut Object, at: &Pointer, findings: &mut Findings) {
    let Some(value) = schema.get("const").cloned() else {
        return;
    };
    let allowed = schema.get("enum").and_then(Value::as_array);
    if allowed.is_some_and(|values| !values.contains(&value)) {
        findings.problems.push(Problem::new(
            at,
            format!("nothing can satisfy this schema: its enum does not have its const {value}"),
            "remove one of the two by an action in openapi/overlay.yaml",
        ));
        return;
    }
    schema.remove("const");
    schema.insert("enum".to_owned(), json!([value]));
}

/// A null among an enum's values is nullability.
pub(super) fn nulls_in_enum(schema: &mut Object) {
    let Some(Value::Array(values)) = schema.get_mut("enum") else {
        return;
    };
    let before = values.len();
    values.retain(|value| !value.is_null());
    if values.len() == before {
        return;
    }
    if values.is_empty() {
        *schema = combine::null();
    } else {
        schema.insert("nullable".to_owned(), json!(true));
    }
}

/// The values of an enum have no order, and values of one type say which.
pub(super) fn enumeration(schema: &mut Object, at: &Pointer) {
    let Some(Value::Array(values)) = schema.get_mut("enum") else {
        return;
    };
    values.sort_by(by_value);
    values.dedup();
    let all = |is: fn(&Value) -> bool| !values.is_empty() && values.iter().all(is);
    let name = if all(Value::is_string) {
        "string"
    } else if all(Value::is_boolean) {
        "boolean"
    } else if all(|value| value.is_i64() || value.is_u64()) {
        "integer"
    } else if all(Value::is_number) {
        "number"
    } else {
        return;
    };
    // What a value is not says nothing of its type.
    let negated = at.keys().last().is_some_and(|key| key == "not");
    let combined = ["allOf", "anyOf", "oneOf"]
        .iter()
        .any(|key| schema.contains_key(*key));
    if !combined && !negated {
        schema
            .entry("type")
            .or_insert_with(|| Value::String(name.to_owned()));
    }
}

fn by_value(a: &Value, b: &Value) -> Ordering {
    match (a.as_f64(), b.as_f64(), a.as_str(), b.as_str()) {
        (Some(a), Some(b), _, _) => a.total_cmp(&b),
        (_, _, Some(a), Some(b)) => a.cmp(b),
        _ => a.to_string().cmp(&b.to_string()),
    }
}

/// `type: null` alone.
pub(super) fn null_type(schema: &mut Object) {
    if schema.get("type") == Some(&json!("null")) {
        *schema = combine::null();
    }
}

/// A default of null is no default.
pub(super) fn default_null(schema: &mut Object, at: &Pointer, findings: &mut Findings) {
    if schema.get("default") == Some(&Value::Null) {
        schema.remove("default");
        findings
            .notes
            .push(Note::new("default", at, "dropped a default of null"));
    }
}

/// 3.1 describes bytes by encoding and media type, 3.0 by format.
pub(super) fn contents(schema: &mut Object) {
    let encoding = schema.remove("contentEncoding");
    let media = schema.remove("contentMediaType");
    schema.remove("contentSchema");
    let format = match (
        encoding.as_ref().and_then(Value::as_str),
        media.as_ref().and_then(Value::as_str),
    ) {
        (Some("base64" | "base64url"), _) => "byte",
        (None, Some("application/octet-stream")) => "binary",
        _ => return,
    };
    schema.entry("type").or_insert_with(|| json!("string"));
    schema.entry("format").or_insert_with(|| json!(format));
}

/// A format that OpenAPI 3.0 does not define changes no type.
pub(super) fn format(schema: &mut Object, at: &Pointer, findings: &mut Findings) {
    let Some(Value::String(format)) = schema.get("format") else {
        return;
    };
    let kind = schema
        .get("type")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let known = FORMATS
        .iter()
        .any(|(name, formats)| *name == kind && formats.contains(&format.as_str()));
    if !known {
        let what = format!("dropped `{format}`, which OpenAPI 3.0 does not define for {kind}");
        findings.notes.push(Note::new(
            "format",
            at,
            what.trim_end_matches(" for ").to_owned(),
        ));
        schema.remove("format");
    }
}

/// 3.0 has room for one example.
pub(super) fn examples(schema: &mut Object) {
    if let Some(Value::Array(examples)) = schema.remove("examples")
        && let Some(first) = examples.into_iter().next()
    {
        schema.entry("example").or_insert(first);
    }
}
