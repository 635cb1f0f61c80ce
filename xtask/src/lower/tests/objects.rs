//! Tests of the rules for objects, arrays and limits.

use serde_json::json;

use super::schemas::check;

#[test]
fn keywords_without_effect_are_dropped() {
    check([
        (
            json!({"type": "array", "items": {}, "minItems": 0, "uniqueItems": false}),
            json!({"type": "array", "items": {}}),
        ),
        (
            json!({"type": "object", "additionalProperties": true}),
            json!({"type": "object", "additionalProperties": {}}),
        ),
        (
            json!({"type": "object", "required": []}),
            json!({"type": "object"}),
        ),
        (
            json!({"type": "integer", "exclusiveMaximum": true}),
            json!({"type": "integer"}),
        ),
        (
            json!({"type": "object", "additionalProperties": false}),
            json!({"type": "object", "additionalProperties": false}),
        ),
    ]);
}

#[test]
fn keywords_of_other_types_are_dropped() {
    check([(
        json!({"type": "integer", "minLength": 1, "items": {}, "minimum": 1, "format": "int32"}),
        json!({"type": "integer", "minimum": 1, "format": "int32"}),
    )]);
}

#[test]
fn prefix_items_become_union_of_items() {
    check([
        (
            json!({"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}], "items": false}),
            json!({"type": "array", "items": {"anyOf": [{"type": "string"}, {"type": "integer"}]}}),
        ),
        (
            json!({"type": "array", "prefixItems": [{"type": "string"}]}),
            json!({"type": "array", "items": {}}),
        ),
    ]);
}

#[test]
fn array_without_items_gets_items() {
    check([(
        json!({"type": "array"}),
        json!({"type": "array", "items": {}}),
    )]);
}

#[test]
fn pattern_properties_become_additional_properties() {
    check([
        (
            json!({"type": "object", "patternProperties": {"^x": {"type": "string"}}, "additionalProperties": false}),
            json!({"type": "object", "additionalProperties": {"type": "string"}}),
        ),
        (
            json!({"type": "object", "patternProperties": {"^x": {"type": "string"}, "^y": {"type": "integer"}}}),
            json!({"type": "object", "additionalProperties": {}}),
        ),
        (
            json!({"type": "object", "patternProperties": {"^x": {"type": "string"}, "^y": {"type": "integer"}}, "additionalProperties": false}),
            json!({"type": "object", "additionalProperties": {"anyOf": [{"type": "string"}, {"type": "integer"}]}}),
        ),
    ]);
}

#[test]
fn property_names_are_dropped() {
    check([(
        json!({"type": "object", "propertyNames": {"pattern": "^a"}}),
        json!({"type": "object"}),
    )]);
}

#[test]
fn required_is_sorted() {
    check([(
        json!({"type": "object", "required": ["b", "a", "a"]}),
        json!({"type": "object", "required": ["a", "b"]}),
    )]);
}
