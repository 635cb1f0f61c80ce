//! The server's OpenAPI document against the trimmed spec of the client.

use std::collections::BTreeSet;

use permissions_server::Server;
use serde_json::Value;

use crate::support::http;

async fn served() -> Value {
    let server = Server::start().await.expect("a server");
    let root = server.base_url().trim_end_matches("/v1").to_owned();
    let response = http().get(format!("{root}/openapi.json")).send().await;
    response.expect("a response").json().await.expect("JSON")
}

fn trimmed_spec() -> Value {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../openapi/permissions.json"
    );
    let text = std::fs::read_to_string(path).expect("the trimmed spec");
    serde_json::from_str(&text).expect("JSON")
}

/// Follows `$ref`, also inside an `allOf` with one schema.
fn resolve<'a>(document: &'a Value, mut value: &'a Value) -> &'a Value {
    loop {
        let target = value
            .get("$ref")
            .or_else(|| value.get("allOf")?.get(0)?.get("$ref"));
        let Some(target) = target.and_then(Value::as_str) else {
            return value;
        };
        let pointer = target.strip_prefix('#').expect("a local reference");
        value = document.pointer(pointer).expect("a resolvable reference");
    }
}

/// The type of a schema, without the type `null`. If the schema is a constant, the type of the constant, which is a string
/// or a boolean.
fn schema_type(schema: &Value) -> &str {
    match (schema.get("type"), schema.get("const")) {
        (Some(Value::Array(types)), _) => types[0].as_str().expect("a type"),
        (Some(found), _) => found.as_str().expect("a type"),
        (None, Some(Value::Bool(_))) => "boolean",
        (None, Some(Value::String(_))) => "string",
        _ => panic!("no type: {schema}"),
    }
}

fn names(value: &Value) -> BTreeSet<&str> {
    match value {
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
        Value::Object(members) => members.keys().map(String::as_str).collect(),
        _ => BTreeSet::new(),
    }
}

/// Checks that every value of the schema `ours` is a value of the schema `theirs`.
fn assert_narrower(at: &str, ours: (&Value, &Value), theirs: (&Value, &Value)) {
    let our_schema = resolve(ours.0, ours.1);
    let their_schema = resolve(theirs.0, theirs.1);
    assert_eq!(schema_type(our_schema), schema_type(their_schema), "{at}");
    let is_nullable = our_schema["type"].is_array();
    // A property that refers to a schema has `nullable` beside the reference.
    let may_be_null = theirs.1["nullable"] == true || their_schema["nullable"] == true;
    assert!(!is_nullable || may_be_null, "{at} is never null");
    if let Some(items) = our_schema.get("items") {
        let item = (theirs.0, &their_schema["items"]);
        assert_narrower(&format!("{at}[]"), (ours.0, items), item);
    }
    let required = names(&their_schema["required"]);
    assert!(required.is_subset(&names(&our_schema["required"])), "{at}");
    for name in names(&our_schema["properties"]) {
        let property = (theirs.0, &their_schema["properties"][name]);
        assert!(property.1.is_object(), "{at}.{name} is not documented");
        let own = (ours.0, &our_schema["properties"][name]);
        assert_narrower(&format!("{at}.{name}"), own, property);
    }
    let missing: Vec<&str> = names(&their_schema["properties"])
        .difference(&names(&our_schema["properties"]))
        .copied()
        .collect();
    // The server omits this property, because it does not support external encryption keys.
    assert!(
        missing.is_empty() || missing == ["external_key_id"],
        "{at}: {missing:?}"
    );
}

/// The parameters of an operation and its path: name, location, type and default.
fn parameters<'a>(
    document: &'a Value,
    path: &'a Value,
    operation: &'a Value,
) -> BTreeSet<(&'a str, &'a str, &'a str, String)> {
    let all = [&path["parameters"], &operation["parameters"]];
    all.into_iter()
        .filter_map(Value::as_array)
        .flatten()
        .map(|parameter| {
            let parameter = resolve(document, parameter);
            let schema = resolve(document, &parameter["schema"]);
            (
                parameter["name"].as_str().expect("a name"),
                parameter["in"].as_str().expect("a location"),
                schema_type(schema),
                schema["default"].to_string(),
            )
        })
        .collect()
}

#[tokio::test]
async fn openapi_document_matches_the_trimmed_spec() {
    let (ours, theirs) = (served().await, trimmed_spec());
    assert_eq!(names(&ours["paths"]), names(&theirs["paths"]));
    let mut operations = 0;
    for (path, their_path) in theirs["paths"].as_object().expect("paths") {
        let our_path = &ours["paths"][path];
        for method in ["get", "post", "put", "patch", "delete"] {
            let (our, their) = (&our_path[method], &their_path[method]);
            assert_eq!(our.is_null(), their.is_null(), "{method} {path}");
            if our.is_null() {
                continue;
            }
            operations += 1;
            assert_eq!(
                parameters(&ours, our_path, our),
                parameters(&theirs, their_path, their),
                "{method} {path}"
            );
            let content = "/content/application~1json/schema";
            let response = format!("/responses/200{content}");
            for (part, pointer) in [
                ("request", format!("/requestBody{content}")),
                ("response", response),
            ] {
                let at = format!("{part} of {method} {path}");
                match (our.pointer(&pointer), their.pointer(&pointer)) {
                    (None, None) => assert_eq!(part, "request", "{at}"),
                    (Some(our), Some(their)) => {
                        assert_narrower(&at, (&ours, our), (&theirs, their));
                    }
                    _ => panic!("{at} is in one document only"),
                }
            }
        }
    }
    assert_eq!(operations, 4);
}
