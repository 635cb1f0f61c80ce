//! What type the generator makes of a schema, as far as the verdict depends on it. Bounds, patterns
//! and defaults make none: generation looks at shapes alone.

use serde_json::Value;

use crate::report::comparison::at;

/// A name for the Rust type of a schema without structure: equal names, equal types.
pub(super) fn scalar(schema: &Value) -> &str {
    let format = at(schema, "format").as_str().unwrap_or_default();
    match (at(schema, "type").as_str().unwrap_or_default(), format) {
        ("integer", "int" | "int32") => "i32",
        ("integer", "uint" | "uint32") => "u32",
        ("integer", "int8" | "int16" | "uint8" | "uint16" | "uint64") => format,
        ("integer", _) => "i64",
        ("number", "float") => "f32",
        ("number", _) => "f64",
        ("string", "ip" | "ipv4" | "ipv6" | "uuid") => format,
        (other, _) => other,
    }
}

/// Whether the schema becomes a type that needs a name.
pub(super) fn takes_name_from_title(schema: &Value) -> bool {
    let named = ["properties", "enum", "oneOf", "anyOf", "allOf", "not"];
    named.iter().any(|keyword| schema.get(keyword).is_some())
}
