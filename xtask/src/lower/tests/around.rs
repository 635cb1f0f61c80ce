//! Tests of the rules for everything except schemas.

use serde_json::{Value, json};

use super::{document, lower};

/// Lowers a document after a change, and returns it with the names of the rules that added notes.
fn lowered(change: impl FnOnce(&mut Value)) -> (Value, Vec<&'static str>) {
    let mut document = document(json!({"S": {"type": "object"}}));
    change(&mut document);
    let mut notes = Vec::new();
    let lowered = lower(document, &mut notes).unwrap_or_else(|problems| panic!("{problems}"));
    (lowered, notes.iter().map(|note| note.rule).collect())
}

/// Returns the error of lowering a document after a change.
fn refused(change: impl FnOnce(&mut Value)) -> String {
    let mut document = document(json!({"S": {"type": "object"}}));
    change(&mut document);
    lower(document, &mut Vec::new()).unwrap_err().to_string()
}

fn parameter(parameter: Value) -> impl FnOnce(&mut Value) {
    move |document| document["paths"]["/s"]["get"]["parameters"] = json!([parameter])
}

fn lowered_parameter(value: Value) -> Value {
    lowered(parameter(value)).0["paths"]["/s"]["get"]["parameters"][0].take()
}

#[test]
fn every_version_becomes_3_0_3() {
    let (expected, _) = lowered(|_| {});
    assert_eq!(expected["openapi"], "3.0.3");
    for version in ["3.0.0", "3.0.4", "3.1.0", "3.1.2", "3.2.0"] {
        let (document, _) = lowered(|document| document["openapi"] = json!(version));
        assert_eq!(document, expected, "from {version}");
    }
}

#[test]
fn webhooks_are_dropped() {
    let (document, notes) = lowered(|document| {
        document["webhooks"] =
            json!({"sold": {"post": {"responses": {"200": {"description": ""}}}}});
    });

    assert_eq!(document.get("webhooks"), None);
    assert!(notes.is_empty(), "{notes:?}");
}

#[test]
fn self_uri_and_dialect_of_document_are_dropped() {
    let (document, notes) = lowered(|document| {
        document["$self"] = json!("https://example.com/openapi.json");
        document["jsonSchemaDialect"] = json!("https://json-schema.org/draft/2020-12/schema");
    });

    assert_eq!((document, notes), lowered(|_| {}));
}

#[test]
fn openapi_3_2_methods_are_refused() {
    let operation = json!({"operationId": "q", "responses": {"200": {"description": ""}}});
    for (key, value) in [
        ("query", operation.clone()),
        ("additionalOperations", json!({"COPY": operation})),
    ] {
        let error = refused(|document| document["paths"]["/s"][key] = value);
        assert!(
            error.contains(&format!("OpenAPI 3.0 has no `{key}`"))
                && error.contains(&format!("(at /paths/~1s/{key})"))
                && error.contains("remove the operation from openapi/select.toml"),
            "{error}"
        );
    }
}

#[test]
fn unknown_parameter_location_or_style_is_refused() {
    let error = refused(parameter(
        json!({"name": "q", "in": "querystring", "content": {}}),
    ));
    assert!(
        error.contains("OpenAPI 3.0 has no parameters in \"querystring\"")
            && error.contains("GET /s: ")
            && error.contains("(at /paths/~1s/get/parameters/0/in)"),
        "{error}"
    );

    let error = refused(parameter(
        json!({"name": "c", "in": "cookie", "style": "cookie"}),
    ));
    assert!(
        error.contains("no style \"cookie\" in \"cookie\": its styles are form"),
        "{error}"
    );
}

#[test]
fn default_style_is_dropped() {
    let plain = json!({"name": "q", "in": "query", "schema": {"type": "string"}});
    let spelled = json!({
        "name": "q", "in": "query", "schema": {"type": "string"},
        "style": "form", "explode": true, "required": false, "allowEmptyValue": false,
    });
    assert_eq!(lowered_parameter(spelled), plain);

    let other =
        json!({"name": "q", "in": "query", "schema": {}, "style": "form", "explode": false});
    assert_eq!(lowered_parameter(other)["explode"], false);
}

#[test]
fn path_parameter_becomes_required() {
    let (document, _) = lowered(|document| {
        let operation = document["paths"]["/s"]["get"].take();
        document["paths"] = json!({"/s/{n}": {"get": operation}});
        document["paths"]["/s/{n}"]["get"]["parameters"] =
            json!([{"name": "n", "in": "path", "schema": {"type": "integer"}}]);
    });

    assert_eq!(
        document["paths"]["/s/{n}"]["get"]["parameters"][0]["required"],
        true
    );
}

#[test]
fn parameters_are_sorted() {
    let (document, _) = lowered(|document| {
        document["paths"]["/s"]["get"]["parameters"] = json!([
            {"name": "b", "in": "query", "schema": {}},
            {"name": "c", "in": "header", "schema": {}},
            {"name": "a", "in": "query", "schema": {}},
        ]);
    });

    let parameters = document["paths"]["/s"]["get"]["parameters"].as_array();
    let names: Vec<&Value> = parameters
        .into_iter()
        .flatten()
        .map(|p| &p["name"])
        .collect();
    assert_eq!(names, ["c", "a", "b"]);
}

#[test]
fn event_stream_keywords_are_dropped() {
    let (document, notes) = lowered(|document| {
        document["paths"]["/s"]["get"]["responses"]["200"]["content"] = json!({"text/event-stream": {
            "itemSchema": {"$ref": "#/components/schemas/S"},
            "itemEncoding": {},
            "prefixEncoding": [],
        }});
    });

    let content = &document["paths"]["/s"]["get"]["responses"]["200"]["content"];
    assert_eq!(content, &json!({"text/event-stream": {}}));
    assert_eq!(notes, ["reachable"]);
}

#[test]
fn unknown_security_scheme_is_refused() {
    let scheme = |scheme: Value| {
        move |document: &mut Value| {
            document["security"] = json!([{"Key": []}]);
            document["components"]["securitySchemes"] = json!({"Key": scheme});
        }
    };

    let error = refused(scheme(json!({"type": "mutualTLS"})));
    assert!(
        error.contains("no security scheme of type \"mutualTLS\"")
            && error.contains("(at /components/securitySchemes/Key/type)"),
        "{error}"
    );

    let flows =
        json!({"deviceAuthorization": {}, "clientCredentials": {"tokenUrl": "/t", "scopes": {}}});
    let (document, notes) = lowered(scheme(
        json!({"type": "oauth2", "oauth2MetadataUrl": "https://example.com", "flows": flows}),
    ));
    assert_eq!(
        document["components"]["securitySchemes"]["Key"],
        json!({"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": "/t", "scopes": {}}}})
    );
    assert_eq!(notes, ["deviceAuthorization"]);
}

#[test]
fn true_schema_becomes_object_and_false_schema_is_refused() {
    let (document, _) = lowered(|document| {
        document["components"]["schemas"]["S"] = json!(true);
    });
    assert_eq!(document["components"]["schemas"]["S"], json!({}));

    let error = refused(|document| document["components"]["schemas"]["S"] = json!(false));
    assert!(
        error.contains("no value is valid for this schema (at /components/schemas/S)"),
        "{error}"
    );
}

#[test]
fn non_object_is_refused_with_location() {
    let error =
        refused(|document| document["paths"]["/s"]["get"]["responses"]["200"] = json!("ok"));

    assert!(
        error.contains("this must be an object, not \"ok\"")
            && error.contains("(at /paths/~1s/get/responses/200)"),
        "{error}"
    );
}
