//! Accepted documents: the generated client sends and decodes the values that they describe.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{Client, generate, hooks::CallContext, read, types};

/// Decodes JSON and encodes it again.
fn round_trip<T: DeserializeOwned + Serialize>(value: &Value) -> Value {
    serde_json::to_value(serde_json::from_value::<T>(value.clone()).unwrap()).unwrap()
}

/// Starts a server for one request, calls it with the generated client, and returns the request
/// that the server received.
fn request<F: Future>(response: &'static str, call: impl FnOnce(Client) -> F) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = vec![0; 4096];
        let length = stream.read(&mut request).unwrap();
        stream.write_all(response.as_bytes()).unwrap();
        String::from_utf8_lossy(&request[..length]).into_owned()
    });
    // In a build of the whole workspace, reqwest has no default TLS provider, so one is installed
    // here. An error means that another test already installed it.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let client = Client::new_with_client(&base_url, http, CallContext::default());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(call(client));
    server.join().unwrap()
}

const EMPTY: &str = "HTTP/1.1 204 X\r\nconnection: close\r\n\r\n";

#[test]
fn additional_properties_true_round_trips() {
    assert_round_trips::<types::AdditionalTrueA>(&[json!({"id": "a", "more": [1, {"b": null}]})]);
}

#[test]
fn any_of_with_only_required_keeps_all_properties() {
    assert_round_trips::<types::AnyofRequiredA>(&[json!({"cname": "a", "https_enforced": true})]);
}

/// Asserts that every value round-trips through the type.
fn assert_round_trips<T: DeserializeOwned + Serialize>(values: &[Value]) {
    for value in values {
        assert_eq!(round_trip::<T>(value), *value);
    }
}

#[test]
fn union_of_all_types_round_trips() {
    assert_round_trips::<Option<types::ConstructsUnionsResponse>>(&[
        json!({"meow": true, "friend": {"bark": false, "friend": {"meow": true}}}),
        json!({"bark": true}),
        json!([{"meow": true}]),
        json!([]),
        json!("text"),
        json!(null),
        json!(9_007_199_254_740_993_i64),
        json!(1.5),
        json!(true),
        json!({"a": 1, "b": 2}),
    ]);
}

#[test]
fn recursive_types_round_trip() {
    let leaf = json!({"children": [], "byname": {}});
    let tree = json!({"children": [leaf], "byname": {"a": leaf}, "up": {"up": "text"}});
    assert_round_trips::<types::ConstructsTree>(std::slice::from_ref(&tree));
    assert_round_trips::<types::ConstructsAlias>(&[tree]);
}

#[test]
fn recursive_union_keeps_properties_of_all_members() {
    let value = json!({"left": "a", "right": "b", "next": {"left": "c", "next": {"right": "d"}}});
    assert_eq!(
        round_trip::<types::ConstructsRecursiveResponse>(&value),
        value
    );
}

#[test]
fn all_of_keeps_properties_of_all_members() {
    let value = json!({"id": "a", "extra_info": "b", "other": 1});
    assert_eq!(round_trip::<types::ConstructsChild>(&value), value);
    assert!(
        serde_json::from_value::<types::ConstructsChild>(json!({"id": "a", "other": 1})).is_err()
    );
}

#[test]
fn nested_combinations_keep_all_properties() {
    assert_round_trips::<types::ConstructsAllofEnumResponse>(&[
        json!({"s": "red", "o": {"meow": true}, "w": {"meow": true}, "v": {"meow": false}}),
        json!({"y": {"common": "a", "id": "b"}}),
        json!({"y": {"common": "a", "z": "b"}}),
        json!({"y": {"z": "b", "id": "c"}}),
    ]);
}

#[test]
fn tagged_union_round_trips_each_member() {
    assert_round_trips::<types::ConstructsTaggedResponse>(&[
        json!({"type": "a", "x": "y"}),
        json!({"type": "b"}),
        json!({"only": 1}),
        json!("x"),
    ]);
}

#[test]
fn mixed_values_and_formats_round_trip() {
    assert_round_trips::<types::ConstructsMixedBody>(&[
        json!({"kind": "auto", "f": 0.1, "big": u64::MAX, "d": "today", "u": "id", "t": ["a", 1]}),
        json!({"kind": 1, "any": {"b": []}}),
        json!({"kind": true, "t": []}),
    ]);
}

#[test]
fn properties_with_unusual_names_round_trip() {
    assert_round_trips::<types::ConstructsPropsResponse>(&[json!({
        "type": "a", "missing": 1, "self": "b", "@id": "c", "1st": "d", "a b": "e", "builder": "f",
        "default": "g", "$": "h", "\"q\"": "i", "value": "j", "extra": "k",
    })]);
}

#[test]
fn query_values_are_written_as_form_parameters() {
    let request = request(
        "HTTP/1.1 200 X\r\nconnection: close\r\n\r\nnull",
        |client| async move {
            let call = client.constructs_unions();
            let call = call.q(vec!["a b".to_owned()]);
            let call = call.r(vec![
                types::ConstructsColor::Red,
                types::ConstructsColor::Blue,
            ]);
            let call = call.hb(types::ConstructsUnionsHb::from(7)).h("red");
            call.clone("c").self_("s").s(5).send().await.unwrap();
        },
    );
    let line = "GET /constructs/unions?clone=c&q=a+b&r=red&r=blue&s=5&self=s HTTP/1.1";
    assert!(request.starts_with(line), "{request}");
    assert!(
        request.contains("hb: 7\r\n") && request.contains("h: red\r\n"),
        "{request}"
    );
}

#[test]
fn form_body_is_written_as_pairs() {
    let request = request(
        "HTTP/1.1 200 X\r\nconnection: close\r\n\r\nnull",
        |client| async move {
            let call = client.constructs_form();
            let call = call.body_map(|body| {
                body.a("x y")
                    .b(2)
                    .c(types::ConstructsColor::Blue)
                    .extra([("k".to_owned(), "v".to_owned())])
            });
            call.send().await.unwrap();
        },
    );
    assert!(
        request.ends_with("\r\n\r\na=x+y&b=2&c=blue&k=v"),
        "{request}"
    );
}

#[test]
fn path_values_are_encoded_or_rejected() {
    let request = request(EMPTY, |client| async move {
        let call = client
            .constructs_seg()
            .color("red")
            .n(1)
            .b(types::ConstructsSegB::from(true));
        call.u("a/b").send().await.unwrap();
    });
    assert!(
        request.starts_with("DELETE /constructs/seg/red/1/true/a%2Fb "),
        "{request}"
    );
}

#[test]
fn discriminator_selects_member_of_union() {
    let value = json!({"kind": "square", "size": 1.0, "rotated": true});
    let shape: types::DiscriminatorShape = serde_json::from_value(value.clone()).unwrap();
    assert!(
        format!("{shape:?}").contains("rotated: Some(true)"),
        "{shape:?}"
    );
    assert_eq!(serde_json::to_value(shape).unwrap(), value);
    let (_, notes) = generate(&read("discriminator")).unwrap();
    assert!(
        notes
            .iter()
            .all(|note| !note.what.contains("discriminator")),
        "{notes:?}"
    );
}

#[test]
fn integer_beyond_i64_round_trips() {
    let value = json!({"mask": u64::MAX});
    assert_eq!(round_trip::<types::EnumBeyondI64aResponse>(&value), value);
}

#[test]
fn head_response_with_schema_is_not_decoded() {
    let response = "HTTP/1.1 200 X\r\nconnection: close\r\n\r\n";
    let request = request(response, |client| async move {
        client.head_with_schema_a().send().await.unwrap();
    });
    assert!(request.starts_with("HEAD /head_with_schema/a"), "{request}");
}

#[test]
fn inline_type_and_component_have_different_names() {
    let value = json!({"status": "open", "history": [{"at": "today"}]});
    assert_eq!(round_trip::<types::InlineNameClashOrder>(&value), value);
}

#[test]
fn operation_with_supported_security_alternative_is_kept() {
    let request = request(EMPTY, |client| async move {
        client.mutual_tls_alternative_a().send().await.unwrap();
    });
    assert!(
        request.starts_with("GET /mutual_tls_alternative/a"),
        "{request}"
    );
}

#[test]
fn optional_body_can_be_omitted_or_sent() {
    let none = request(EMPTY, |client| async move {
        client.optional_body_a().body(None).send().await.unwrap();
    });
    assert!(
        !none.contains("content-type") && none.ends_with("\r\n\r\n"),
        "{none}"
    );
    let body: types::OptionalBodyABody = types::OptionalBodyABody::builder()
        .a("b")
        .try_into()
        .unwrap();
    let some = request(EMPTY, |client| async move {
        client.optional_body_a().body(body).send().await.unwrap();
    });
    assert!(some.contains("content-type: application/json"), "{some}");
    assert!(some.ends_with(r#"{"a":"b"}"#), "{some}");
}

#[test]
fn empty_collections_are_sent_and_null_is_reported() {
    let value = json!({"tags": [], "labels": {}});
    assert_eq!(round_trip::<types::OptionalNullOrEmptyA>(&value), value);
    assert_eq!(
        round_trip::<types::OptionalNullOrEmptyA>(&json!({})),
        json!({})
    );
    let (_, notes) = generate(&read("optional_null_or_empty")).unwrap();
    assert!(
        notes
            .iter()
            .any(|note| note.what.contains("note cannot be sent as null")),
        "{notes:?}"
    );
}

#[test]
fn parameter_named_baseurl_is_sent() {
    let request = request(EMPTY, |client| async move {
        client.param_baseurl_a().baseurl("b").send().await.unwrap();
    });
    assert!(
        request.starts_with("GET /param_baseurl/a?baseurl=b "),
        "{request}"
    );
}

#[test]
fn pattern_properties_survive_round_trip() {
    let value = json!({"id": "a", "x-q": "b", "y-z": 1});
    assert_eq!(round_trip::<types::PatternPropertiesA>(&value), value);
}

#[test]
fn write_only_and_read_only_properties_are_optional() {
    let response = json!({"id": "a", "name": "b"});
    let request = json!({"name": "b", "password": "c"});
    assert_eq!(round_trip::<types::WriteOnlyRequiredA>(&response), response);
    assert_eq!(round_trip::<types::WriteOnlyRequiredA>(&request), request);
}

/// Generates a client with one operation whose response has the given schema, and returns the
/// generated code.
fn response_code(openapi: &str, schema: &Value, components: &Value) -> String {
    let content = json!({"application/json": {"schema": schema}});
    let document = json!({
        "openapi": openapi,
        "info": {"title": "T", "version": "1"},
        "paths": {"/a": {"get": {"operationId": "a", "responses": {"200": {
            "description": "", "content": content,
        }}}}},
        "components": {"schemas": components},
    });
    generate(&document).unwrap().0
}

#[test]
fn integer_with_minimum_beyond_i64_is_u64() {
    let schema = json!({"type": "integer", "minimum": 9_223_372_036_854_775_808_u64});
    assert!(response_code("3.1.0", &schema, &json!({})).contains("ResponseValue<u64>"));
}

#[test]
fn int32_with_larger_enum_value_is_i64() {
    let schema = json!({"type": "integer", "format": "int32", "enum": [5_000_000_000_i64]});
    assert!(response_code("3.0.3", &schema, &json!({})).contains("ResponseValue<i64>"));
}

#[test]
fn unevaluated_properties_are_kept() {
    let schema = json!({"type": "object", "properties": {"id": {}}, "unevaluatedProperties": {"type": "string"}});
    assert!(response_code("3.1.0", &schema, &json!({})).contains("pub extra: "));
}

#[test]
fn union_with_write_only_property_keeps_other_properties() {
    let components = json!({
        "A": {"type": "object", "required": ["id", "password"], "properties": {
            "id": {"type": "string"}, "password": {"type": "string", "writeOnly": true},
        }},
        "B": {"type": "object", "required": ["id", "x"], "properties": {
            "id": {"type": "string"}, "x": {"type": "string"},
        }},
    });
    let schema = json!({"oneOf": [
        {"$ref": "#/components/schemas/A"}, {"$ref": "#/components/schemas/B"},
    ]});
    let code = response_code("3.0.3", &schema, &components);
    let union = code.split("pub enum AResponse").nth(1).unwrap_or_default();
    assert!(union.find("(B)") < union.find("(A)"), "{union}");
}

#[test]
fn discriminator_does_not_change_component_used_elsewhere() {
    let member = json!({"type": "object", "properties": {"kind": {"type": "string"}}});
    let schema = json!({"type": "object", "properties": {
        "c": {"$ref": "#/components/schemas/C"},
        "u": {
            "oneOf": [{"$ref": "#/components/schemas/C"}, {"$ref": "#/components/schemas/D"}],
            "discriminator": {"propertyName": "kind"},
        },
    }});
    let code = response_code("3.0.3", &schema, &json!({"C": member, "D": member}));
    let struct_c = code.split("pub struct C {").nth(1).unwrap_or_default();
    assert!(
        struct_c
            .split('}')
            .next()
            .unwrap_or_default()
            .contains("Option<::std::string::String>"),
        "{struct_c}"
    );
}

#[test]
fn optional_form_body_is_reported_as_note() {
    let document = json!({
        "openapi": "3.0.3",
        "info": {"title": "T", "version": "1"},
        "paths": {"/a": {"post": {
            "operationId": "a",
            "requestBody": {"content": {"application/x-www-form-urlencoded": {"schema": {
                "type": "object", "properties": {"a": {"type": "string"}},
            }}}},
            "responses": {"204": {"description": ""}},
        }}},
    });
    let (_, notes) = generate(&document).unwrap();
    assert!(notes.iter().any(|note| note.rule == "optional-body"));
}
