//! Rules for objects and arrays.

use serde_json::{Value, json};

use super::{Findings, Object, combine::any_of};
use crate::{keywords::COMBINATIONS, tree::Pointer};

/// Replaces `patternProperties` by `additionalProperties`.
pub(super) fn pattern_properties(schema: &mut Object, at: &Pointer, findings: &mut Findings) {
    let Some(Value::Object(patterns)) = schema.remove("patternProperties") else {
        return;
    };
    let is_closed = schema.get("additionalProperties") == Some(&json!(false));
    let (value, what) = if is_closed && !patterns.is_empty() {
        (
            any_of(patterns.into_iter().map(|(_, value)| value)),
            "became additionalProperties, because only the server checks the patterns",
        )
    } else {
        (
            json!({}),
            "became additionalProperties of any type, because names that match no pattern are allowed too",
        )
    };
    schema.insert("additionalProperties".to_owned(), value);
    findings.note("patternProperties", at, what);
}

/// Replaces `unevaluatedProperties` by `additionalProperties`.
///
/// Beside a combination, additional properties of any type are allowed, because the members of the
/// combination may declare further properties.
pub(super) fn unevaluated_properties(schema: &mut Object) {
    let is_kept = |value: &Value| *value != json!(false);
    if !schema.get("unevaluatedProperties").is_some_and(is_kept)
        || schema.contains_key("additionalProperties")
    {
        return;
    }
    let is_combined = COMBINATIONS.iter().any(|key| schema.contains_key(*key));
    if let Some(value) = schema.remove("unevaluatedProperties") {
        let value = if is_combined { json!({}) } else { value };
        schema.insert("additionalProperties".to_owned(), value);
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
    // Without `items`, the items after those that `prefixItems` describes can have any type.
    if let Some(rest) = schema.remove("items") {
        let positions = prefix.into_iter().chain([rest]);
        let items = any_of(positions.filter(|member| *member != json!(false)));
        schema.insert("items".to_owned(), items);
    }
    let what = "`prefixItems` became one type for all items";
    findings.note("prefixItems", at, what);
}

/// Adds `items` to arrays that do not have it, because OpenAPI 3.0 requires `items`. In OpenAPI
/// 3.1, an array without `items` can have items of any type.
pub(super) fn array_items(schema: &mut Object) {
    if schema.get("type") == Some(&json!("array")) {
        schema.entry("items").or_insert_with(|| json!({}));
    }
}
