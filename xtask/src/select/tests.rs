//! Tests with small documents.

use serde_json::{Value, json};

use super::*;

fn document() -> Value {
    json!({
        "openapi": "3.1.0",
        "info": {"title": "Shop", "version": "7", "description": "prose"},
        "servers": [{"url": "https://shop.example/v1", "description": "prose"}],
        "security": [{"Key": []}],
        "x-extension": 1,
        "paths": {
            "/orders/{id}": {
                "parameters": [
                    {"name": "id", "in": "path", "required": true, "schema": {"type": "string"}},
                    {"name": "trace", "in": "header", "schema": {"type": "string"}},
                ],
                "get": {
                    "operationId": "getOrder",
                    "summary": "prose",
                    "tags": ["orders"],
                    "parameters": [
                        {"name": "trace", "in": "header", "required": true, "schema": {"type": "integer"}},
                        {"$ref": "#/components/parameters/Verbose"},
                    ],
                    "responses": {
                        "200": {"$ref": "#/components/responses/Order"},
                        "404": {"description": "prose", "content": {"application/json": {
                            "schema": {"$ref": "#/components/schemas/Error"},
                        }}},
                    },
                },
            },
            "/orders": {"get": {"operationId": "listOrders", "responses": {"2XX": {"description": ""}}}},
        },
        "components": {
            "parameters": {"Verbose": {"name": "verbose", "in": "query", "schema": {"type": "boolean"}}},
            "responses": {"Order": {"description": "prose", "content": {"application/json": {
                "schema": {"$ref": "#/components/schemas/Order"},
                "example": {"any": "thing"},
            }}}},
            "schemas": {
                "Order": {"type": "object", "title": "prose", "properties": {
                    "title": {"type": "string", "description": "prose"},
                    "parent": {"$ref": "#/components/schemas/Order"},
                    "lines": {"type": "array", "items": {"$ref": "#/components/schemas/Line"}},
                }},
                "Line": {"type": "object", "x-any": 1, "example": {"type": null}},
                "Error": {"type": "object"},
            },
            "securitySchemes": {
                "Key": {"type": "http", "scheme": "bearer", "description": "prose"},
                "Other": {"type": "http", "scheme": "basic"},
            },
        },
    })
}

fn selected(document: &Value, lines: &str) -> Result<Value, String> {
    let selection = Selection::parse(&format!("operations = [{lines}]")).unwrap();
    select(document, &selection, &mut Vec::new()).map_err(|problems| problems.to_string())
}

#[test]
fn selected_operation_keeps_only_reachable_components() {
    let selected = selected(&document(), r#""GET /orders/{id}""#).unwrap();

    assert_eq!(
        selected,
        json!({
            "openapi": "3.1.0",
            "info": {"title": "Shop", "version": "7"},
            "servers": [{"url": "https://shop.example/v1"}],
            "paths": {"/orders/{id}": {"get": {
                "operationId": "get_order",
                "parameters": [
                    {"name": "trace", "in": "header", "required": true, "schema": {"type": "integer"}},
                    {"name": "verbose", "in": "query", "schema": {"type": "boolean"}},
                    {"name": "id", "in": "path", "required": true, "schema": {"type": "string"}},
                ],
                "responses": {"200": {"description": "", "content": {"application/json": {
                    "schema": {"$ref": "#/components/schemas/Order"},
                }}}},
                "security": [{"Key": []}],
            }}},
            "components": {
                "schemas": {
                    "Order": {"type": "object", "properties": {
                        "title": {"type": "string"},
                        "parent": {"$ref": "#/components/schemas/Order"},
                        "lines": {"type": "array", "items": {"$ref": "#/components/schemas/Line"}},
                    }},
                    "Line": {"type": "object"},
                },
                "securitySchemes": {"Key": {"type": "http", "scheme": "bearer"}},
            },
        })
    );
}

#[test]
fn operation_name_defaults_to_upstream_id() {
    let own = selected(
        &document(),
        r#"{ operation_id = "listOrders", name = "orders" }"#,
    )
    .unwrap();
    let upstreams = selected(&document(), r#"{ operation_id = "listOrders" }"#).unwrap();

    assert_eq!(own["paths"]["/orders"]["get"]["operationId"], "orders");
    assert_eq!(
        upstreams["paths"]["/orders"]["get"]["operationId"],
        "list_orders"
    );
}

#[test]
fn unmatched_entry_reports_nearest_operations() {
    let cases = [
        (
            r#""GET /order/{id}""#,
            "the most similar are: GET /orders/{id}",
        ),
        (
            r#""POST /orders""#,
            "POST /orders: the document does not have the selected operation",
        ),
        (
            r#"{ operation_id = "listOrder" }"#,
            "the most similar are: listOrders",
        ),
        (
            r#"{ request = "GET /orders", operation_id = "getOrder" }"#,
            "its operationId is listOrders, but select.toml expects getOrder",
        ),
        (
            r#"{ request = "GET /orders", name = "same" }, { request = "GET /orders/{id}", name = "same" }"#,
            "its name in Rust, same, is already the name of GET /orders",
        ),
    ];
    for (lines, expected) in cases {
        let error = selected(&document(), lines).unwrap_err();
        assert!(error.contains(expected), "{lines}: {error}");
    }
}

#[test]
fn unmatched_entries_are_reported_together() {
    let error = selected(&document(), r#""GET /a", "GET /b""#).unwrap_err();

    assert!(
        error.contains("2 problems")
            && error.contains("GET /a")
            && error.contains("openapi/select.toml, line 1")
            && error.contains("GET /b"),
        "{error}"
    );
}

#[test]
fn unsupported_version_or_document_is_refused() {
    let cases = [
        (
            json!({"openapi": "4.0.0"}),
            "OpenAPI 4.0.0 is not supported",
        ),
        (
            json!({"openapi": "3.10.0"}),
            "OpenAPI 3.10.0 is not supported",
        ),
        (
            json!({"swagger": "2.0"}),
            "Swagger \"2.0\" is not supported",
        ),
        (json!({"openapi": 3.1}), "not a version in quotes"),
        (json!({"name": "package"}), "it has no `openapi` version"),
        (json!({"openapi": "3.2.0"}), "this one has no operations"),
    ];
    for (document, expected) in cases {
        let error = selected(&document, r#""GET /orders""#).unwrap_err();
        assert!(error.contains(expected), "{document}: {error}");
    }
}

#[test]
fn unsupported_schema_reference_is_refused_with_location() {
    let cases = [
        ("#/components/schemas/Gone", "has no target"),
        ("common.yaml#/Order", "another file"),
        ("#/info", "does not point to a schema in components/schemas"),
        (
            "#/components/schemas/Order/properties/title",
            "does not point to a schema in components/schemas",
        ),
        ("#anchor", "anchors are not supported"),
    ];
    for (reference, expected) in cases {
        let mut document = document();
        document["components"]["schemas"]["Line"] = json!({"$ref": reference});
        let error = selected(&document, r#""GET /orders/{id}""#).unwrap_err();
        assert!(
            error.contains(expected) && error.contains("/components/schemas/Line"),
            "{error}"
        );
    }
}

#[test]
fn non_schema_components_are_inlined_through_reference_chains() {
    let reference = |kind: &str, name: &str| json!({"$ref": format!("#/components/{kind}/{name}")});
    let order = json!({"application/json": {"schema": reference("schemas", "Order")}});
    let mut document = document();
    document["paths"]["/orders"] = reference("pathItems", "Orders");
    document["components"] = json!({
        "pathItems": {"Orders": {
            "parameters": [reference("parameters", "Chain")],
            "post": {
                "requestBody": reference("requestBodies", "Order"),
                "responses": {"201": reference("responses", "Created")},
                "security": [],
            },
        }},
        "parameters": {
            "Chain": reference("parameters", "Page"),
            "Page": {"name": "page", "in": "query", "schema": {"type": "integer"}},
        },
        "requestBodies": {"Order": {"content": {"application/json": reference("mediaTypes", "Order")}}},
        "responses": {"Created": {"headers": {"At": reference("headers", "At")}, "content": order}},
        "headers": {"At": {"schema": reference("schemas", "At")}},
        "mediaTypes": {"Order": order["application/json"]},
        // The schemas refer to each other.
        "schemas": {
            "Order": {"type": "object", "properties": {"line": reference("schemas", "Line")}},
            "Line": {"type": "object", "properties": {"order": reference("schemas", "Order")}},
            "At": {"type": "string", "format": "date"},
        },
    });

    let selected = selected(&document, r#""POST /orders""#).unwrap();

    assert_eq!(
        selected["paths"]["/orders"]["post"],
        json!({
            "operationId": "post_orders",
            "parameters": [{"name": "page", "in": "query", "schema": {"type": "integer"}}],
            "requestBody": {"content": order},
            "responses": {"201": {
                "description": "",
                "headers": {"At": {"schema": reference("schemas", "At")}},
                "content": order,
            }},
            "security": [],
        })
    );
    assert_eq!(
        selected["components"],
        json!({"schemas": document["components"]["schemas"]})
    );
}

#[test]
fn cyclic_parameter_reference_is_refused() {
    let mut document = document();
    document["components"]["parameters"]["Verbose"] =
        json!({"$ref": "#/components/parameters/Verbose"});

    let error = selected(&document, r#""GET /orders/{id}""#).unwrap_err();

    assert!(error.contains("cycle"), "{error}");
}

#[test]
fn header_containing_itself_is_refused() {
    let mut document = document();
    document["components"]["headers"] = json!({"H": {"content": {"a/b": {
        "encoding": {"part": {"headers": {"H": {"$ref": "#/components/headers/H"}}}},
    }}}});
    document["components"]["responses"]["Order"]["headers"] =
        json!({"H": {"$ref": "#/components/headers/H"}});

    let error = selected(&document, r#""GET /orders/{id}""#).unwrap_err();

    assert!(error.contains("is recursive"), "{error}");
}

#[test]
fn default_response_without_2xx_becomes_success() {
    let mut document = document();
    document["paths"]["/orders"]["get"]["responses"] =
        json!({"default": {"description": ""}, "404": {}});

    let selected = selected(&document, r#""GET /orders""#).unwrap();

    assert_eq!(
        selected["paths"]["/orders"]["get"]["responses"],
        json!({"2XX": {"description": ""}})
    );
}

#[test]
fn operation_without_success_response_is_refused() {
    for responses in [
        Value::Null,
        json!({}),
        json!({"404": {"description": ""}}),
        json!([]),
    ] {
        let mut document = document();
        document["paths"]["/orders"]["get"]["responses"] = responses;

        let error = selected(&document, r#""GET /orders""#).unwrap_err();

        assert!(
            error.contains("no 2xx and no `default` response")
                && error.contains("GET /orders")
                && error.contains("/paths/~1orders/get/responses"),
            "{error}"
        );
    }
}

#[test]
fn external_reference_outside_of_schemas_is_refused() {
    let external = json!({"$ref": "resources/orders.yml"});
    for place in [
        "/paths/~1orders",
        "/paths/~1orders/get",
        "/paths/~1orders/get/responses/2XX",
    ] {
        let mut document = document();
        if let Some(value) = document.pointer_mut(place) {
            *value = external.clone();
        }

        let error = selected(&document, r#""GET /orders""#).unwrap_err();

        assert!(
            error.contains("resources/orders.yml") && error.contains("GET /orders"),
            "{place}: {error}"
        );
    }
}
