//! Selecting from small documents.

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
fn an_operation_comes_with_what_it_reaches_and_nothing_else() {
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
fn the_name_is_the_selections_or_upstreams() {
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
fn wrong_selectors_name_the_nearest() {
    let cases = [
        (r#""GET /order/{id}""#, "the nearest are: GET /orders/{id}"),
        (
            r#""POST /orders""#,
            "POST /orders: it is selected but the document has no such operation",
        ),
        (
            r#"{ operation_id = "listOrder" }"#,
            "the nearest are: listOrders",
        ),
        (
            r#"{ request = "GET /orders", operation_id = "getOrder" }"#,
            "its operation id is listOrders, and select.toml expects getOrder",
        ),
        (
            r#"{ request = "GET /orders", name = "same" }, { request = "GET /orders/{id}", name = "same" }"#,
            "its name in Rust, same, is already that of GET /orders",
        ),
    ];
    for (lines, expected) in cases {
        let error = selected(&document(), lines).unwrap_err();
        assert!(error.contains(expected), "{lines}: {error}");
    }
}

#[test]
fn every_wrong_selector_is_named_at_once() {
    let error = selected(&document(), r#""GET /a", "GET /b""#).unwrap_err();

    assert!(
        error.contains("2 problems") && error.contains("GET /a") && error.contains("GET /b"),
        "{error}"
    );
}

#[test]
fn other_versions_and_other_documents_are_refused() {
    let cases = [
        (json!({"openapi": "4.0.0"}), "this is OpenAPI 4.0.0"),
        (json!({"openapi": "3.10.0"}), "this is OpenAPI 3.10.0"),
        (json!({"swagger": "2.0"}), "this is Swagger \"2.0\""),
        (json!({"openapi": 3.1}), "not a version in quotes"),
        (json!({"name": "package"}), "it has no `openapi`"),
        (
            json!({"openapi": "3.2.0"}),
            "this one has no operations at all",
        ),
    ];
    for (document, expected) in cases {
        let error = selected(&document, r#""GET /orders""#).unwrap_err();
        assert!(error.contains(expected), "{document}: {error}");
    }
}

#[test]
fn references_that_cannot_be_followed_are_named_with_their_place() {
    let cases = [
        ("#/components/schemas/Gone", "leads nowhere"),
        ("common.yaml#/Order", "another file"),
        ("#/info", "leads to something that is no schema"),
        ("#gone", "names an anchor that no schema has"),
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
fn components_of_every_kind_are_written_out_through_every_chain() {
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
        // Schemas that contain one another.
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
fn a_circle_of_parameters_is_refused() {
    let mut document = document();
    document["components"]["parameters"]["Verbose"] =
        json!({"$ref": "#/components/parameters/Verbose"});

    let error = selected(&document, r#""GET /orders/{id}""#).unwrap_err();

    assert!(error.contains("circle"), "{error}");
}

#[test]
fn a_header_that_contains_itself_is_refused() {
    let mut document = document();
    document["components"]["headers"] = json!({"H": {"content": {"a/b": {
        "encoding": {"part": {"headers": {"H": {"$ref": "#/components/headers/H"}}}},
    }}}});
    document["components"]["responses"]["Order"]["headers"] =
        json!({"H": {"$ref": "#/components/headers/H"}});

    let error = selected(&document, r#""GET /orders/{id}""#).unwrap_err();

    assert!(error.contains("circle"), "{error}");
}

#[test]
fn the_default_response_stands_in_for_success() {
    let mut document = document();
    document["paths"]["/orders"]["get"]["responses"] =
        json!({"default": {"description": ""}, "404": {}});

    let selected = selected(&document, r#""GET /orders""#).unwrap();

    assert_eq!(
        selected["paths"]["/orders"]["get"]["responses"],
        json!({"2XX": {"description": ""}})
    );
}
