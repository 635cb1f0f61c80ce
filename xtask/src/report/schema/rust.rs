//! What type the generator makes of a scalar, as far as the verdict depends on it.

use serde_json::Value;

use crate::report::comparison::at;

/// Formats of integers with their type and bounds, as the generator's table has them.
const INTEGERS: [(&str, &str, f64, f64); 10] = [
    ("int8", "i8", i8::MIN as f64, i8::MAX as f64),
    ("uint8", "u8", u8::MIN as f64, u8::MAX as f64),
    ("int16", "i16", i16::MIN as f64, i16::MAX as f64),
    ("uint16", "u16", u16::MIN as f64, u16::MAX as f64),
    ("int", "i32", i32::MIN as f64, i32::MAX as f64),
    ("int32", "i32", i32::MIN as f64, i32::MAX as f64),
    ("uint", "u32", u32::MIN as f64, u32::MAX as f64),
    ("uint32", "u32", u32::MIN as f64, u32::MAX as f64),
    ("int64", "i64", i64::MIN as f64, i64::MAX as f64),
    ("uint64", "u64", u64::MIN as f64, u64::MAX as f64),
];

/// Formats of text that become a type of their own.
const TEXTS: [&str; 6] = ["date", "date-time", "ip", "ipv4", "ipv6", "uuid"];

/// A name for the Rust type of a schema without structure: equal names, equal types.
pub(super) fn scalar(schema: &Value) -> String {
    let format = at(schema, "format").as_str().unwrap_or_default();
    match at(schema, "type").as_str().unwrap_or_default() {
        "integer" => integer(schema, format),
        "number" => if format == "float" { "f32" } else { "f64" }.to_owned(),
        "string" if TEXTS.contains(&format) => format.to_owned(),
        "string" => constrained_text(schema),
        other => other.to_owned(),
    }
}

/// Whether the schema becomes a type that needs a name.
pub(super) fn takes_name_from_title(schema: &Value) -> bool {
    let named = [
        "properties",
        "enum",
        "oneOf",
        "anyOf",
        "allOf",
        "not",
        "pattern",
        "minLength",
        "maxLength",
    ];
    named.iter().any(|keyword| schema.get(keyword).is_some())
}

/// Text with a bound becomes a type that checks it. The bounds themselves are compared apart.
fn constrained_text(schema: &Value) -> String {
    let bound = ["minLength", "maxLength", "pattern"]
        .iter()
        .any(|keyword| schema.get(keyword).is_some());
    if bound { "checked text" } else { "text" }.to_owned()
}

/// The generator prefers the format, then a type whose bounds are those of the schema, then `i64`.
fn integer(schema: &Value, format: &str) -> String {
    let (mut min, mut max) = (
        bound(schema, "minimum", 1.0),
        bound(schema, "maximum", -1.0),
    );
    if let Some((_, name, low, high)) = INTEGERS.iter().find(|(known, ..)| *known == format) {
        let fits = min.is_none_or(|min| min >= *low) && max.is_none_or(|max| max <= *high);
        if fits && schema.get("multipleOf").is_none() {
            return if min == Some(1.0) {
                format!("non-zero {name}")
            } else {
                (*name).to_owned()
            };
        }
        min = min.or(Some(*low));
        max = max.or(Some(*high));
    }
    let near = |bound: f64, value: f64| (bound - value).abs() <= f64::EPSILON;
    let found = INTEGERS
        .iter()
        .rev()
        .find_map(|(_, name, low, high)| match (min, max) {
            (Some(1.0), _) => Some(format!("non-zero {name}")),
            (None, Some(max)) if near(*high, max) => Some((*name).to_owned()),
            (Some(min), None) if near(*low, min) => Some((*name).to_owned()),
            (Some(min), Some(max)) if near(*low, min) && near(*high, max) => {
                Some((*name).to_owned())
            }
            _ => None,
        });
    found.unwrap_or_else(|| "i64".to_owned())
}

fn bound(schema: &Value, keyword: &str, step: f64) -> Option<f64> {
    let value = at(schema, keyword).as_f64()?;
    let exclusive = if keyword == "minimum" {
        "exclusiveMinimum"
    } else {
        "exclusiveMaximum"
    };
    let is_exclusive = at(schema, exclusive) == &Value::Bool(true);
    Some(if is_exclusive { value + step } else { value })
}
