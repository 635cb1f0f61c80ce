//! What types are made of, and nothing that only the server has to check.
//!
//! The generator makes a default into a value that is always sent, a pattern or a length into a type
//! that refuses what it does not know, and a limit into another integer type; each of them would
//! break users when the server relaxes it. A default says what the *server* does where a member is
//! absent, so the client leaves it absent. All of them stay in `permissions.json`, where the report
//! sees them change.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::media::{self, Body};
use crate::{
    keywords::{self, Role},
    schema::type_of,
    tree::{self, Kind, Pointer},
};

/// The document with the rules for values taken out.
pub(super) fn of(document: &Value) -> Value {
    let schemas = document
        .pointer("/components/schemas")
        .unwrap_or(&Value::Null);
    let mut document = document.clone();
    tree::inside_out(
        &mut document,
        Kind::Document,
        &mut Pointer::root(),
        &mut |kind, _, value| match (kind, value) {
            (Kind::Schema, Value::Object(schema)) => {
                schema
                    .retain(|key, _| key != "default" && keywords::role(key) != Some(Role::Limit));
                times_are_text(schema);
                mixed_values(schema);
                alternatives(schemas, schema);
            }
            (Kind::RequestBody, body) => raw_bodies(body),
            _ => {}
        },
    );
    document
}

/// Bytes and text are sent as the caller gives them, whatever a schema says of them; the generator
/// insists on one schema for each.
fn raw_bodies(body: &mut Value) {
    let content = body.get_mut("content").and_then(Value::as_object_mut);
    for (media, value) in content.into_iter().flatten() {
        let schema = match media::body(media) {
            Some(Body::Bytes) => json!({"type": "string", "format": "binary"}),
            Some(Body::Text) => json!({"type": "string"}),
            Some(Body::Value) | None => continue,
        };
        *value = json!({"schema": schema});
    }
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

/// Values of several types have no enum in Rust, so that any value may stand there.
fn mixed_values(schema: &mut Map<String, Value>) {
    let Some(Value::Array(values)) = schema.get("enum") else {
        return;
    };
    let values = values.iter().filter(|value| !value.is_null());
    let kinds: HashSet<_> = values.map(std::mem::discriminant).collect();
    if kinds.len() > 1 && !schema.contains_key("type") {
        schema.remove("enum");
    }
}

/// The generator makes a struct of what may be any of several schemas, with all of their members.
/// That holds for objects; of text or a number, say, it can be neither read nor written.
fn alternatives(schemas: &Value, schema: &mut Map<String, Value>) {
    if schema.contains_key("oneOf") {
        return;
    }
    let is_object = |member: &Value| type_of(schemas, member).as_deref() == Some("object");
    let Some(Value::Array(members)) = schema.get("anyOf") else {
        return;
    };
    if members.iter().all(is_object) {
        return;
    }
    let mut distinct: Vec<Value> = Vec::new();
    for member in members {
        if !distinct.contains(member) {
            distinct.push(member.clone());
        }
    }
    // Values are read as the first that fits, which any text is.
    distinct.sort_by_key(|member| member["type"] == "string" && member.get("enum").is_none());
    let key = if distinct.len() == 1 {
        "allOf"
    } else {
        "oneOf"
    };
    schema.remove("anyOf");
    schema.insert(key.to_owned(), Value::Array(distinct));
}
