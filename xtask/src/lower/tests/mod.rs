//! Tests of each rule with small schemas.

use serde_json::{Map, Value, json};

use super::*;

mod around;
mod objects;
mod schemas;

/// Lowers a schema that is the only property of a response.
fn lowered(schema: Value) -> (Value, Vec<String>) {
    let mut notes = Vec::new();
    let document = lower(
        document(json!({"S": {"type": "object", "properties": {"x": schema}}})),
        &mut notes,
    );
    let mut document = document.unwrap_or_else(|problems| panic!("{problems}"));
    let schema = document["components"]["schemas"]["S"]["properties"]["x"].take();
    (
        schema,
        notes.iter().map(|note| note.rule.to_owned()).collect(),
    )
}

fn document(schemas: Value) -> Value {
    json!({
        "openapi": "3.1.0",
        "info": {"title": "T", "version": "1"},
        "paths": {"/s": {"get": {"operationId": "s", "responses": {"200": {
            "description": "",
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/S"}}},
        }}}}},
        "components": {"schemas": schemas},
    })
}

#[test]
fn dropped_keywords_are_noted() {
    let (_, notes) = lowered(json!({
        "type": "object",
        "format": "unknown",
        "dependentRequired": {"a": ["b"]},
        "not": {"type": "string"},
        "default": null,
        "propertyNames": {},
    }));

    assert_eq!(
        notes,
        ["default", "format", "keyword", "not", "propertyNames"]
    );
}

#[test]
fn properties_named_like_keywords_are_kept() {
    let schema = json!({
        "type": "object",
        "properties": {
            "type": {"type": "string"},
            "nullable": {"type": "boolean"},
            "const": {"type": "string"},
            "anyOf": {"type": "string"},
            "$ref": {"type": "string"},
        },
        "example": {"type": ["a", null], "const": null, "anyOf": [{"type": "null"}], "default": null},
    });

    assert_eq!(lowered(schema.clone()).0, schema);
}

#[test]
fn nullable_component_becomes_nullable_reference() {
    let schemas = json!({
        "S": {"type": "object", "properties": {"x": {"$ref": "#/components/schemas/N"}}},
        "N": {"type": ["string", "null"]},
    });

    let document = lower(document(schemas), &mut Vec::new()).unwrap();

    assert_eq!(
        document["components"]["schemas"],
        json!({
            "N": {"type": "string"},
            "S": {"type": "object", "properties": {
                "x": {"allOf": [{"$ref": "#/components/schemas/N"}], "nullable": true},
            }},
        })
    );
}

#[test]
fn rust_name_renames_schema_and_references() {
    let schemas = json!({
        "S": {"type": "object", "x-rust-name": "Short", "properties": {"s": {"$ref": "#/components/schemas/S"}}},
    });

    let document = lower(document(schemas), &mut Vec::new()).unwrap();

    assert_eq!(
        document["components"]["schemas"],
        json!({"Short": {"type": "object", "properties": {"s": {"$ref": "#/components/schemas/Short"}}}})
    );
}

#[test]
fn strings_in_paths_refer_to_path_segment() {
    let pointer = "/s/{a}/{b}/{c}/{d}/{e}";
    let mut document = document(json!({
        "S": {"type": "object", "properties": {"segment": {"$ref": "#/components/schemas/path_segment"}}},
        "path_segment": {"type": "object"},
        "OrderId": {"type": "string", "not": {"enum": ["", ".", ".."]}, "x-rust-type": "crate::ids::OrderId"},
        "Code": {"type": "string", "pattern": "^[a-z.]+$"},
    }));
    let operation = document["paths"]["/s"]["get"].take();
    document["paths"] = json!({pointer: {"get": operation}});
    document["paths"][pointer]["get"]["parameters"] = json!([
        {"name": "a", "in": "path", "schema": {"type": "string", "minLength": 1, "format": "date"}},
        {"name": "b", "in": "path", "schema": {"$ref": "#/components/schemas/Code"}},
        {"name": "c", "in": "path", "schema": {"anyOf": [{"type": "string"}, {"type": "integer"}]}},
        {"name": "d", "in": "path", "schema": {"$ref": "#/components/schemas/OrderId"}},
        {"name": "e", "in": "path", "schema": {"type": "integer"}},
    ]);

    let document = lower(document, &mut Vec::new()).unwrap();

    let segment = json!({"$ref": "#/components/schemas/PathSegment2"});
    let parameters = &document["paths"][pointer]["get"]["parameters"];
    for index in 0..3 {
        assert_eq!(parameters[index]["schema"], segment, "{index}");
    }
    assert_eq!(
        parameters[3]["schema"],
        json!({"$ref": "#/components/schemas/OrderId"})
    );
    assert_eq!(parameters[4]["schema"], json!({"type": "integer"}));
    assert!(is_id(&document["components"]["schemas"]["PathSegment2"]));
}

/// Lowers an operation on which every repair in `repairs` has an effect.
fn with_repairs(repairs: &[Repair]) -> (Value, Vec<String>) {
    let mut document = document(json!({
        "S": {"type": "object"},
        "Filter": {"type": "object"},
    }));
    let names: Vec<&str> = repairs.iter().map(|repair| repair.name()).collect();
    let operation = &mut document["paths"]["/s"]["get"];
    operation[crate::select::REPAIR_KEY] = json!(names);
    operation["parameters"] = json!([
        {"name": "filter", "in": "query", "schema": {"anyOf": [
            {"$ref": "#/components/schemas/Filter"},
            {"type": "null"},
        ]}},
        {"name": "must", "in": "query", "required": true, "schema": {"$ref": "#/components/schemas/Filter"}},
        {"name": "beta", "in": "header", "schema": {"type": "array", "items": {"type": "string"}}},
    ]);
    let body = json!({"schema": {"$ref": "#/components/schemas/S"}});
    operation["requestBody"] =
        json!({"content": {"application/json": body, "multipart/form-data": body}});
    let mut notes = Vec::new();
    let mut document = lower(document, &mut notes).unwrap_or_else(|problems| panic!("{problems}"));
    (
        document["paths"]["/s"]["get"].take(),
        notes.iter().map(ToString::to_string).collect(),
    )
}

#[test]
fn operation_without_repairs_is_unchanged() {
    let (operation, notes) = with_repairs(&[]);

    assert_eq!(operation["parameters"].as_array().map(Vec::len), Some(3));
    assert_eq!(
        operation["requestBody"]["content"]
            .as_object()
            .map(Map::len),
        Some(2)
    );
    assert!(operation.get(crate::select::REPAIR_KEY).is_none());
    assert_eq!(notes, [""; 0]);
}

#[test]
fn repairs_are_applied_and_noted() {
    let (operation, notes) = with_repairs(&Repair::ALL);

    let names: Vec<&Value> = operation["parameters"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| &p["name"])
        .collect();
    assert_eq!(
        names,
        ["beta", "must"],
        "a required parameter is not given up"
    );
    assert_eq!(
        operation["parameters"][0]["schema"],
        json!({"type": "string"})
    );
    assert!(
        operation["requestBody"]["content"]
            .get("multipart/form-data")
            .is_none()
    );
    assert_eq!(
        notes,
        [
            "drop-object-parameters: removed the parameter \"filter\" (at /paths/~1s/get/parameters)",
            "keep-json-body: removed the media types multipart/form-data (at /paths/~1s/get/requestBody/content)",
            "list-headers-as-text: the header \"beta\" became a string with comma-separated values (at /paths/~1s/get/parameters)",
        ]
    );
}

#[test]
fn unsupported_constructs_are_refused_with_location() {
    let cases = [
        (
            json!({"$ref": "#/components/schemas/Gone"}),
            "has no target in the document",
        ),
        (
            json!({"$dynamicRef": "#node"}),
            "OpenAPI 3.0 does not have $dynamicRef \"#node\"",
        ),
        (
            json!({"allOf": [false]}),
            "no value is valid for this schema",
        ),
        (json!("string"), "this must be a schema"),
        (
            json!({"enum": ["a"], "const": "b"}),
            "no value is valid for this schema",
        ),
        (
            json!({"anyOf": []}),
            "`anyOf` accepts a list with at least one schema, not []",
        ),
        (
            json!({"type": "strng"}),
            "`type` accepts a type or a list of types",
        ),
        (
            json!({"maxLength": "9"}),
            "`maxLength` accepts a non-negative integer, not \"9\"",
        ),
        (
            json!({"items": [{"type": "string"}]}),
            "`items` accepts a schema, not [{",
        ),
        (
            json!({"properties": []}),
            "`properties` accepts an object of schemas, not []",
        ),
        (
            json!({"required": true}),
            "`required` accepts a list of names, not true",
        ),
        (
            json!({"type": "array", "items": {"allOf": [false]}}),
            "no value is valid for this schema",
        ),
    ];
    for (schema, expected) in cases {
        let document = document(json!({"S": {"type": "object", "properties": {"x": schema}}}));
        let error = lower(document, &mut Vec::new()).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
        assert!(
            error.contains("/components/schemas/S/properties/x"),
            "{error}"
        );
        assert!(error.contains("openapi/overlay.yaml"), "{error}");
    }
}

#[test]
fn unparsable_value_is_refused_with_innermost_location() {
    let mut document = document(json!({"S": {"type": "object"}}));
    document["paths"]["/s"]["get"]["security"] = json!("Key");
    document["paths"]["/s"]["get"]["parameters"] = json!([{"in": "query", "schema": {}}]);

    let error = lower(document, &mut Vec::new()).unwrap_err().to_string();

    assert!(
        error.contains("GET /s: the value is not OpenAPI 3.0.3")
            && error.contains("(at /paths/~1s/get/parameters/0)"),
        "{error}"
    );
}

#[test]
fn alias_of_itself_is_refused() {
    let cases = [
        json!({"S": {"$ref": "#/components/schemas/S"}}),
        json!({"S": {"anyOf": [{"type": "string"}, {"allOf": [{"$ref": "#/components/schemas/S"}]}]}}),
        json!({"S": {"$ref": "#/components/schemas/T"}, "T": {"$ref": "#/components/schemas/S", "nullable": true}}),
    ];
    for schemas in cases {
        let error = lower(document(schemas), &mut Vec::new())
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("/components/schemas/S")
                && error.contains("the cycle of references is S → "),
            "{error}"
        );
    }
    let tree = json!({"S": {"type": "array", "items": {"$ref": "#/components/schemas/S"}}});
    assert!(lower(document(tree), &mut Vec::new()).is_ok());
}

#[test]
fn reference_cycle_is_refused_before_overlay_is_applied() {
    let mut cyclic = document(json!({
        "S": {"$ref": "#/components/schemas/T"},
        "T": {"allOf": [{"$ref": "#/components/schemas/S"}]},
    }));

    let error = canonical(&mut cyclic, &mut Vec::new())
        .unwrap_err()
        .to_string();

    assert!(
        error.contains("the cycle of references is S → T → S")
            && error.contains("(at /components/schemas/S)"),
        "{error}"
    );
}

#[test]
fn unsupported_constructs_are_kept_for_overlay() {
    let schema = json!({"allOf": [false], "items": "nothing"});
    let mut document = document(json!({"S": schema}));

    canonical(&mut document, &mut Vec::new()).unwrap();

    assert_eq!(document["components"]["schemas"]["S"], schema);
}

#[test]
fn named_scalar_schema_of_parameter_is_inlined() {
    let mut document = document(json!({
        "S": {"type": "object"},
        "Limit": {"$ref": "#/components/schemas/Count"},
        "Count": {"type": ["integer", "null"], "minimum": 1},
    }));
    document["paths"]["/s"]["get"]["parameters"] = json!([
        {"name": "limit", "in": "query", "schema": {"$ref": "#/components/schemas/Limit", "default": 10}},
        {"name": "filter", "in": "query", "schema": {"$ref": "#/components/schemas/S"}},
    ]);

    canonical(&mut document, &mut Vec::new()).unwrap();

    let parameters = &document["paths"]["/s"]["get"]["parameters"];
    assert_eq!(
        parameters[1]["schema"],
        json!({"type": "integer", "nullable": true, "minimum": 1, "default": 10})
    );
    assert_eq!(
        parameters[0]["schema"],
        json!({"$ref": "#/components/schemas/S"})
    );
    assert_eq!(
        document["components"]["schemas"],
        json!({"S": {"type": "object"}})
    );
}

#[test]
fn second_lowering_changes_nothing() {
    let schema = json!({
        "anyOf": [{"type": ["string", "null"], "const": "a"}, {"type": "integer", "exclusiveMinimum": 3}],
        "default": null,
    });
    let once = lower(document(json!({"S": schema})), &mut Vec::new()).unwrap();

    let mut notes = Vec::new();
    let twice = lower(once.clone(), &mut notes).unwrap();

    assert_eq!(twice, once);
    assert_eq!(notes, []);
}
