//! Rules for constants, enums, defaults, limits, examples and formats.

use std::cmp::Ordering;

use serde_json::{Value, json};

use super::{Findings, Object, combine};
use crate::{
    keywords::{COMBINATIONS, is_of_type},
    tree::{Pointer, text},
};

/// Formats with an influence on the Rust type. Other formats are annotations.
const FORMATS: [(&str, &[&str]); 3] = [
    ("integer", &["int32", "int64", "uint64"]),
    ("number", &["float", "double"]),
    (
        "string",
        &["byte", "binary", "date", "date-time", "password"],
    ),
];

/// Replaces `const` by an enum with one value.
pub(super) fn constant(schema: &mut Object, at: &Pointer, findings: &mut Findings) {
    let Some(value) = schema.get("const").cloned() else {
        return;
    };
    let allowed = schema.get("enum").and_then(Value::as_array);
    if allowed.is_some_and(|values| !values.contains(&value)) {
        let what = format!(
            "no value is valid for this schema: its enum does not contain its const {value}"
        );
        let remedy = "remove `enum` or `const` by an action in openapi/overlay.yaml";
        return findings.problem(at, what, remedy);
    }
    schema.remove("const");
    schema.insert("enum".to_owned(), json!([value]));
}

/// Replaces null in an enum by `nullable`.
pub(super) fn nulls_in_enum(schema: &mut Object) {
    let Some(Value::Array(values)) = schema.get_mut("enum") else {
        return;
    };
    if values.iter().all(Value::is_null) {
        *schema = combine::null();
    } else if values.contains(&Value::Null) {
        values.retain(|value| !value.is_null());
        schema.insert("nullable".to_owned(), json!(true));
    }
}

/// Sorts the values of an enum, whose order has no meaning, and adds their common type.
pub(super) fn enumeration(schema: &mut Object, at: &Pointer) {
    let Some(Value::Array(values)) = schema.get_mut("enum") else {
        return;
    };
    values.sort_by(by_value);
    values.dedup();
    let all = |name: &&str| values.iter().all(|value| is_of_type(value, name));
    let types = ["string", "boolean", "integer", "number"];
    let Some(name) = types.into_iter().find(all) else {
        return;
    };
    // The values of a negated enum do not determine the type.
    let is_negated = at.keys().last().is_some_and(|key| key == "not");
    let is_combined = COMBINATIONS.iter().any(|key| schema.contains_key(*key));
    if !is_combined && !is_negated {
        schema.entry("type").or_insert_with(|| json!(name));
    }
}

fn by_value(a: &Value, b: &Value) -> Ordering {
    match (a.as_f64(), b.as_f64(), a.as_str(), b.as_str()) {
        (Some(a), Some(b), _, _) => a.total_cmp(&b),
        (_, _, Some(a), Some(b)) => a.cmp(b),
        _ => a.to_string().cmp(&b.to_string()),
    }
}

/// Replaces `type: null` by a nullable enum, because OpenAPI 3.0 has no null type.
pub(super) fn null_type(schema: &mut Object) {
    if schema.get("type") == Some(&json!("null")) {
        *schema = combine::null();
    }
}

/// Drops a default of null, which has no effect.
pub(super) fn default_null(schema: &mut Object, at: &Pointer, findings: &mut Findings) {
    if schema.get("default") == Some(&Value::Null) {
        schema.remove("default");
        findings.note("default", at, "dropped a default of null");
    }
}

/// Replaces `exclusiveMinimum: 3` of OpenAPI 3.1 by `minimum: 3` with `exclusiveMinimum: true`.
pub(super) fn exclusive_limits(schema: &mut Object) {
    for (limit, exclusive, tighter) in [
        (
            "minimum",
            "exclusiveMinimum",
            f64::gt as fn(&f64, &f64) -> bool,
        ),
        ("maximum", "exclusiveMaximum", f64::lt),
    ] {
        let inclusive = schema.get(limit).and_then(Value::as_f64);
        match schema.get(exclusive).cloned() {
            Some(Value::Number(bound)) => {
                let both = inclusive.zip(bound.as_f64());
                if both.is_some_and(|(inclusive, bound)| tighter(&inclusive, &bound)) {
                    schema.remove(exclusive);
                } else {
                    schema.insert(limit.to_owned(), Value::Number(bound));
                    schema.insert(exclusive.to_owned(), json!(true));
                }
            }
            // Without a limit, the flag has no effect.
            Some(Value::Bool(true)) if inclusive.is_none() => drop(schema.remove(exclusive)),
            _ => {}
        }
    }
}

/// Replaces the content keywords of OpenAPI 3.1 by a format.
pub(super) fn contents(schema: &mut Object) {
    let encoding = schema.remove("contentEncoding").unwrap_or_default();
    let media = schema.remove("contentMediaType").unwrap_or_default();
    schema.remove("contentSchema");
    let format = match (text(&encoding), text(&media)) {
        ("base64" | "base64url", _) => "byte",
        ("", "application/octet-stream") => "binary",
        _ => return,
    };
    schema.entry("type").or_insert_with(|| json!("string"));
    schema.entry("format").or_insert_with(|| json!(format));
}

/// Drops formats without an influence on the Rust type.
pub(super) fn format(schema: &mut Object, at: &Pointer, findings: &mut Findings) {
    let Some(Value::String(format)) = schema.get("format") else {
        return;
    };
    let kind = schema.get("type").map(text).unwrap_or_default();
    let mut known = FORMATS.iter().filter(|(name, _)| *name == kind);
    if !known.any(|(_, formats)| formats.contains(&format.as_str())) {
        let what = format!("dropped `{format}`, which OpenAPI 3.0 does not define for {kind}");
        findings.note("format", at, what.trim_end_matches(" for "));
        schema.remove("format");
    }
}

/// Keeps the first of several examples, because OpenAPI 3.0 has only one.
pub(super) fn examples(schema: &mut Object) {
    if let Some(Value::Array(examples)) = schema.remove("examples")
        && let Some(first) = examples.into_iter().next()
    {
        schema.entry("example").or_insert(first);
    }
}
