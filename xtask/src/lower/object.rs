//! Rules for objects and arrays.

use serde_json::{Map, Value, json};

use super::{combine::unwrap_single, findings::Findings};
use crate::{problem::Note, tree::Pointer};

type Object = Map<String, Value>;

/// Replaces `patternProperties` by `additionalProperties`.
pub(super) fn pattern_properties(schema: &mut Object, at: &Pointer, findings: &mut Findings) {
    let Some(Value::Object(patterns)) = schema.remove("patternProperties") else {
        return;
    };
    let mut members: Vec<Value> = Vec::new();
    for value in patterns.into_iter().map(|(_, value)| value) {
        if !members.contains(&value) {
            members.push(value);
        }
    }
    let closed = schema.get("additionalProperties") == Some(&json!(false));
    let mut value = Map::new();
    let what = if closed && !members.is_empty() {
        value.insert("anyOf".to_owned(), Value::Array(members));
        unwrap_single(&mut value, "anyOf");
        "became additionalProperties: only the server checks the patterns"
    } else {
        "became additionalProperties of any type, because names without a pattern are allowed too"
    };
    schema.insert("additionalProperties".to_owned(), Value::Object(value));
    findings
        .notes
        .push(Note::new("patternProperties", at, what));
}

/// Replaces `unevaluatedProperties` by `additionalProperties`.
///
/// Members of a combination may declare additional properties too, so any type is kept beside it.
pub(super) fn unevaluated_properties(schema: &mut Object) {
    let is_kept = |value: &Value| *value != json!(false);
    if !schema.get("unevaluatedProperties").is_some_and(is_kept)
        || schema.contains_key("additionalProperties")
    {
        return;
    }
    let is_combined = ["allOf", "anyOf", "oneOf"]
        .iter()
        .any(|key| schema.contains_key(*key));
    if let Some(value) = schema.remove("unevaluatedProperties") {
        let value = if is_combined { json!({}) } else { value };
        schema.insert("additionalProperties".to_owned(), value);
    }
}

/// Drops `propertyNames`, which the server checks.
pub(super) fn property_names(schema: &mut Object, at: &Pointer, findings: &mut Findings) {
    if schema.remove("propertyNames").is_some() {
        findings.notes.push(Note::new(
            "propertyNames",
            at,
            "dropped: the server checks the names",
        ));
    }
}

/// Sorts `required`, whose order has no meaning.
pub(super) fn required(schema: &mut Object) {
    if let Some(Value::Array(names)) = schema.get_mut("required") {
        names.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
        names.dedup();
    }
}

/// Replaces `prefixItems` by one type for all items, because OpenAPI 3.0 has no tuples.
pub(super) fn prefix_items(schema: &mut Object, at: &Pointer, findings: &mut Findings) {
    let Some(Value::Array(prefix)) = schema.remove("prefixItems") else {
        return;
    };
    // Without `items`, later positions can have any type.
    if let Some(rest) = schema.remove("items") {
        let mut members: Vec<Value> = Vec::new();
        let positions = prefix.into_iter().chain([rest]);
        for member in positions.filter(|member| *member != json!(false)) {
            if !members.contains(&member) {
                members.push(member);
            }
        }
        let mut items = Map::from_iter([("anyOf".to_owned(), Value::Array(members))]);
        unwrap_single(&mut items, "anyOf");
        schema.insert("items".to_owned(), Value::Object(items));
    }
    findings.notes.push(Note::new(
        "prefixItems",
        at,
        "`prefixItems` became one type for all items",
    ));
}

/// Adds `items` to arrays. OpenAPI 3.0 requires it, and 3.1 allows any type without it.
pub(super) fn array_items(schema: &mut Object) {
    if schema.get("type") == Some(&json!("array")) {
        schema.entry("items").or_insert_with(|| json!({}));
    }
}
