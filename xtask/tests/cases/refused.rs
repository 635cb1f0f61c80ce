//! Refused documents. Each error contains the operation, the location, the reason and the remedy.

use serde_json::json;

use super::{generate, read};

/// Asserts that a document is refused with a message that contains all parts.
fn assert_refused(name: &str, parts: &[&str]) {
    let error = generate(&read(name)).unwrap_err();
    for part in parts.iter().chain(&["remedy: "]) {
        assert!(
            error.contains(part),
            "{name}: {part} does not occur in {error}"
        );
    }
    assert!(!error.contains("xtask/src"), "{name}: {error}");
}

#[test]
fn path_with_fragment_is_refused() {
    assert_refused(
        "path_fragment",
        &[
            "DELETE /{Bucket}#cors",
            "/paths/~1{Bucket}#cors/delete",
            "has a fragment",
        ],
    );
}

#[test]
fn contradictory_all_of_is_refused() {
    let parts = [
        "POST /a",
        "/components/schemas/A/properties/",
        "a string and an integer at once",
    ];
    assert_refused("allof_contradiction", &parts);
}

#[test]
fn query_list_of_objects_is_refused() {
    let parts = [
        "GET /a",
        "/paths/~1a/get/parameters/0",
        "the query parameter m",
        "the query parameter n",
    ];
    assert_refused("query_list_of_objects", &parts);
}

#[test]
fn invalid_header_name_is_refused() {
    assert_refused(
        "header_name",
        &[
            "GET /a",
            "/paths/~1a/get/parameters/0",
            "the header parameter X Foo",
        ],
    );
}

#[test]
fn property_named_extra_with_additional_properties_is_refused() {
    assert_refused(
        "property_extra",
        &["GET /a", "/components/schemas/A/properties/extra", "extra"],
    );
}

#[test]
fn properties_with_same_rust_name_are_refused() {
    assert_refused(
        "property_co2",
        &["GET /air", "/components/schemas/Air/properties/CO₂", "CO"],
    );
}

#[test]
fn enum_values_with_same_rust_name_are_refused() {
    assert_refused("enum_square", &["GET /s", "/unit/enum", "`m²`, `m³`"]);
}

/// Asserts that each change to a small document is refused with a message that contains a text.
#[test]
fn unsupported_constructs_are_refused() {
    let schema = "/paths/~1a/get/responses/200/content/application~1json/schema";
    let operation = "/paths/~1a/get";
    let cases = [
        (
            operation,
            json!({"$ref": "a.yaml"}),
            "replaces the operation",
        ),
        ("/paths/~1a/get/responses", json!({}), "no 2xx"),
        (
            "/paths/~1a/get/responses/200",
            json!({"$ref": "a.yaml"}),
            "another file",
        ),
        (
            "/paths/~1a/get/servers",
            json!([{"url": "https://other.example"}]),
            "other `servers`",
        ),
        (
            "/paths/~1a/get/operationId",
            json!("new"),
            "is reserved, because the generated client uses it",
        ),
        (
            "/paths/~1a/get/operationId",
            json!("error"),
            "is reserved, because the generated client uses it",
        ),
        (
            "/paths/~1a/options",
            json!({"responses": {"204": {"description": ""}}}),
            "the method OPTIONS",
        ),
        (
            schema,
            json!({"type": "object", "then": {"properties": {"b": {}}}}),
            "`then` declares properties",
        ),
        (
            schema,
            json!({"enum": [-1, u64::MAX], "type": "integer"}),
            "neither i64 nor u64",
        ),
        (
            schema,
            json!({"type": "string", "enum": ["a", 1]}),
            "the enum values `1` do not have the declared type \"string\"",
        ),
        (
            schema,
            json!({"type": "object", "properties": {"a": {}}, "discriminator": {"propertyName": "k"}}),
            "the discriminator k has no `oneOf` or `anyOf`",
        ),
        (
            schema,
            json!({"allOf": [{"const": 1}, {"const": 2}]}),
            "its enums have no common value",
        ),
        (
            schema,
            json!({"allOf": [
                {"type": "object", "properties": {"a": {}}, "additionalProperties": false},
                {"type": "object", "properties": {"b": {}}, "required": ["b"]},
            ]}),
            "both requires and forbids the property b",
        ),
        (
            schema,
            json!({"type": "integer", "maximum": u64::MAX}),
            "neither i64 nor u64",
        ),
        (
            schema,
            json!({"type": "number", "enum": [1, u64::MAX]}),
            "f64 would round its integers",
        ),
        (
            "/paths/~1a/get/responses",
            json!({"20X": {"description": ""}}),
            "no 2xx",
        ),
        (
            schema,
            json!({"type": "object", "properties": {"k": {"type": "string"}}, "discriminator": {"propertyName": "k"}}),
            "the discriminator k has no `oneOf` or `anyOf`",
        ),
    ];
    for (pointer, value, expected) in cases {
        let mut document = json!({
            "openapi": "3.1.0",
            "info": {"title": "T", "version": "1"},
            "servers": [{"url": "https://api.example"}],
            "paths": {"/a": {"get": {"operationId": "a", "responses": {"200": {
                "description": "",
                "content": {"application/json": {"schema": {"type": "string"}}},
            }}}}},
        });
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        let parent = document.pointer_mut(parent).unwrap();
        parent[key.replace("~1", "/")] = value;
        let error = generate(&document).unwrap_err();
        assert!(
            error.contains(expected) && error.contains("remedy: "),
            "{pointer}: {error}"
        );
    }
}
