//! Tests of the rules for schemas.

use serde_json::{Value, json};

use super::lowered;

/// Asserts that lowering the first schema of each pair results in the second.
pub(super) fn check<const N: usize>(pairs: [(Value, Value); N]) {
    for (schema, expected) in pairs {
        let (lowered, _) = lowered(schema.clone());
        assert_eq!(lowered, expected, "from {schema}");
    }
}

fn reference() -> Value {
    json!({"$ref": "#/components/schemas/S"})
}

#[test]
fn unions_with_null_become_nullable() {
    let nullable = json!({"type": "string", "nullable": true});
    let null = json!({"enum": [null], "nullable": true});
    check([
        (
            json!({"anyOf": [{"type": "string"}, {"type": "null"}]}),
            nullable.clone(),
        ),
        (
            json!({"oneOf": [{"type": "null"}, {"type": "string"}]}),
            nullable.clone(),
        ),
        (
            json!({"anyOf": [{"type": "string"}, {"enum": [null]}]}),
            nullable.clone(),
        ),
        (
            json!({"anyOf": [{"type": "string"}, {"const": null}]}),
            nullable.clone(),
        ),
        (json!({"oneOf": [{"type": ["string", "null"]}]}), nullable),
        (json!({"anyOf": [{"type": "null"}]}), null),
        (
            json!({"anyOf": [{"type": "string"}, {"type": "integer", "nullable": true}]}),
            json!({"anyOf": [{"type": "string"}, {"type": "integer"}], "nullable": true}),
        ),
        (
            json!({"anyOf": [{"type": "string"}]}),
            json!({"type": "string"}),
        ),
        (
            json!({"oneOf": [{"type": "string"}, {"type": "string"}]}),
            json!({"type": "string"}),
        ),
    ]);
}

#[test]
fn unions_of_references_with_null_become_nullable() {
    let nullable = json!({"allOf": [reference()], "nullable": true});
    check([
        (
            json!({"anyOf": [reference(), {"type": "null"}]}),
            nullable.clone(),
        ),
        (json!({"oneOf": [{"type": "null"}, reference()]}), nullable),
        (
            json!({"anyOf": [reference(), {"type": "string"}, {"type": "null"}]}),
            json!({"anyOf": [reference(), {"type": "string"}], "nullable": true}),
        ),
        (json!({"allOf": [reference()]}), reference()),
        (
            json!({"anyOf": [reference()], "description": "d"}),
            json!({"allOf": [reference()], "description": "d"}),
        ),
    ]);
}

#[test]
fn type_list_becomes_union() {
    check([
        (
            json!({"type": ["string", "null"]}),
            json!({"type": "string", "nullable": true}),
        ),
        (
            json!({"type": ["null", "string"]}),
            json!({"type": "string", "nullable": true}),
        ),
        (json!({"type": ["string"]}), json!({"type": "string"})),
        (
            json!({"type": ["integer", "number"]}),
            json!({"type": "number"}),
        ),
        (
            json!({"type": ["string", "integer"], "minLength": 2, "exclusiveMinimum": 3}),
            json!({"anyOf": [
                {"type": "integer", "minimum": 3, "exclusiveMinimum": true},
                {"type": "string", "minLength": 2},
            ]}),
        ),
    ]);
}

#[test]
fn null_type_becomes_nullable_enum() {
    check([(
        json!({"type": "null"}),
        json!({"enum": [null], "nullable": true}),
    )]);
}

#[test]
fn null_in_enum_becomes_nullable() {
    check([(
        json!({"enum": ["a", null], "type": "string"}),
        json!({"enum": ["a"], "type": "string", "nullable": true}),
    )]);
}

#[test]
fn const_becomes_enum() {
    check([
        (
            json!({"const": "a"}),
            json!({"type": "string", "enum": ["a"]}),
        ),
        (
            json!({"const": "a", "enum": ["b", "a"]}),
            json!({"type": "string", "enum": ["a"]}),
        ),
        (
            json!({"const": null}),
            json!({"enum": [null], "nullable": true}),
        ),
        (json!({"const": {"a": 1}}), json!({"enum": [{"a": 1}]})),
    ]);
}

#[test]
fn enum_is_sorted_and_typed() {
    check([
        (
            json!({"enum": ["b", "a", "b"]}),
            json!({"type": "string", "enum": ["a", "b"]}),
        ),
        (
            json!({"enum": [10, 9]}),
            json!({"type": "integer", "enum": [9, 10]}),
        ),
        (
            json!({"enum": [1.5, 1]}),
            json!({"type": "number", "enum": [1, 1.5]}),
        ),
        (
            json!({"enum": [true]}),
            json!({"type": "boolean", "enum": [true]}),
        ),
        (json!({"enum": ["a", 1]}), json!({"enum": ["a", 1]})),
    ]);
}

#[test]
fn null_default_is_dropped() {
    check([(
        json!({"type": "string", "default": null}),
        json!({"type": "string"}),
    )]);
}

#[test]
fn first_example_is_kept() {
    check([(
        json!({"type": "string", "examples": ["a", "b"]}),
        json!({"type": "string", "example": "a"}),
    )]);
}

#[test]
fn numeric_exclusive_minimum_becomes_flag() {
    check([
        (
            json!({"type": "integer", "exclusiveMinimum": 3}),
            json!({"type": "integer", "minimum": 3, "exclusiveMinimum": true}),
        ),
        (
            json!({"type": "integer", "exclusiveMinimum": 3, "minimum": 4}),
            json!({"type": "integer", "minimum": 4}),
        ),
    ]);
}

#[test]
fn numeric_exclusive_maximum_becomes_flag() {
    check([
        (
            json!({"type": "integer", "exclusiveMaximum": 3, "maximum": 2}),
            json!({"type": "integer", "maximum": 2}),
        ),
        (
            json!({"type": "integer", "exclusiveMaximum": 2, "maximum": 3}),
            json!({"type": "integer", "maximum": 2, "exclusiveMaximum": true}),
        ),
    ]);
}

#[test]
fn openapi_3_0_keywords_are_kept() {
    // Published OpenAPI 3.1 documents use these keywords of OpenAPI 3.0.
    check([
        (
            json!({"type": "string", "nullable": true}),
            json!({"type": "string", "nullable": true}),
        ),
        (
            json!({"type": "string", "nullable": false}),
            json!({"type": "string"}),
        ),
        (
            json!({"$ref": "#/components/schemas/S", "nullable": true}),
            json!({"allOf": [reference()], "nullable": true}),
        ),
        (
            json!({"type": "integer", "minimum": 3, "exclusiveMinimum": true}),
            json!({"type": "integer", "minimum": 3, "exclusiveMinimum": true}),
        ),
        (
            json!({"type": "integer", "exclusiveMinimum": false}),
            json!({"type": "integer"}),
        ),
        (
            json!({"type": "string", "example": "a", "examples": ["b"]}),
            json!({"type": "string", "example": "a"}),
        ),
    ]);
}

#[test]
fn boolean_schemas_become_objects() {
    check([
        (
            json!({"type": "array", "items": true}),
            json!({"type": "array", "items": {}}),
        ),
        (
            json!({"type": "array", "items": false}),
            json!({"type": "array", "items": {}, "maxItems": 0}),
        ),
        (
            json!({"type": "object", "properties": {"a": true, "b": false}}),
            json!({"type": "object", "properties": {"a": {}}}),
        ),
        (
            json!({"anyOf": [{"type": "string"}, false]}),
            json!({"type": "string"}),
        ),
        (
            json!({"type": "string", "not": false}),
            json!({"type": "string"}),
        ),
    ]);
}

#[test]
fn content_keywords_become_format() {
    check([
        (
            json!({"type": "string", "contentEncoding": "base64"}),
            json!({"type": "string", "format": "byte"}),
        ),
        (
            json!({"contentMediaType": "application/octet-stream"}),
            json!({"type": "string", "format": "binary"}),
        ),
        (
            json!({"type": "string", "contentMediaType": "text/plain"}),
            json!({"type": "string"}),
        ),
        (
            json!({"type": "string", "contentMediaType": "application/json", "contentSchema": {"type": "integer"}}),
            json!({"type": "string"}),
        ),
    ]);
}

#[test]
fn unknown_format_is_dropped() {
    check([
        (
            json!({"type": "integer", "format": "unixtime"}),
            json!({"type": "integer"}),
        ),
        (
            json!({"type": "integer", "format": "int32"}),
            json!({"type": "integer", "format": "int32"}),
        ),
    ]);
}

#[test]
fn negation_is_dropped() {
    check([(
        json!({"type": "string", "not": {"enum": ["a"]}}),
        json!({"type": "string"}),
    )]);
}

#[test]
fn unknown_keyword_is_dropped() {
    check([(
        json!({"type": "object", "if": {}, "then": {}, "else": {}, "$id": "a", "$anchor": "b", "$defs": {"C": {}}}),
        json!({"type": "object"}),
    )]);
}

#[test]
fn reference_siblings_move_to_all_of() {
    check([
        (
            json!({"$ref": "#/components/schemas/S", "type": "object"}),
            reference(),
        ),
        (
            json!({"$ref": "#/components/schemas/S", "default": null}),
            reference(),
        ),
        (
            json!({"$ref": "#/components/schemas/S", "x-any": 1, "if": {}}),
            reference(),
        ),
        (
            json!({"$ref": "#/components/schemas/S", "description": "d"}),
            json!({"allOf": [reference()], "description": "d"}),
        ),
        (
            json!({"$ref": "#/components/schemas/S", "minProperties": 1}),
            json!({"allOf": [reference(), {"minProperties": 1}]}),
        ),
        (
            json!({"$ref": "#/components/schemas/S", "const": "a", "nullable": true}),
            json!({"allOf": [reference(), {"type": "string", "enum": ["a"]}], "nullable": true}),
        ),
    ]);
}

#[test]
fn recursive_reference_becomes_reference() {
    check([
        (json!({"$recursiveRef": "#"}), reference()),
        (json!({"$dynamicRef": "#"}), reference()),
    ]);
}

#[test]
fn nullable_is_lifted_from_every_component() {
    let nullable =
        |name: &str| json!({"$ref": format!("#/components/schemas/{name}"), "nullable": true});
    let reference = |name: &str| json!({"$ref": format!("#/components/schemas/{name}")});
    let schemas = json!({
        "S": {"anyOf": [nullable("Text"), reference("Alias")]},
        "Text": {"type": ["string", "null"]},
        "Alias": nullable("Text"),
    });

    let lowered = super::lower(super::document(schemas), &mut Vec::new()).unwrap();

    assert_eq!(
        lowered["components"]["schemas"],
        json!({
            "S": {"anyOf": [reference("Text"), reference("Alias")]},
            "Text": {"type": "string"},
            "Alias": reference("Text"),
        })
    );
}
