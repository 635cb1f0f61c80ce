//! What types are made of, and nothing that only the server has to check.
//!
//! The generator makes a default into a value that is always sent, a pattern or a length into a type
//! that refuses what it does not know, and a limit into another integer type; each of them would
//! break users when the server relaxes it. A default says what the *server* does where a member is
//! absent, so the client leaves it absent. All of them stay in `permissions.json`, where the report
//! sees them change.

use serde_json::{Map, Value};

use crate::tree::{self, Kind, Pointer};

const RULES: [&str; 13] = [
    "default",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "multipleOf",
    "pattern",
];

/// The document with the rules for values taken out.
pub(super) fn of(document: &Value) -> Value {
    let mut document = document.clone();
    tree::outside_in(
        &mut document,
        Kind::Document,
        &mut Pointer::root(),
        &mut |kind, _, value| {
            if let (Kind::Schema, Value::Object(schema)) = (kind, value) {
                schema.retain(|key, _| !RULES.contains(&key.as_str()));
                // A set needs an order or a hash of its items, which not every type has.
                schema.remove("uniqueItems");
                times_are_text(schema);
            }
        },
    );
    document
}

/// The generator would ask for a time library; dates pass through as the text that they are.
fn times_are_text(schema: &mut Map<String, Value>) {
    if matches!(
        schema.get("format").and_then(Value::as_str),
        Some("date" | "date-time")
    ) {
        schema.remove("format");
    }
}
