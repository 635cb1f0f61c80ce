//! Documents with the same meaning result in the same bytes.
//!
//! The tests rewrite `upstream.yaml` without changing its meaning, and apply the selection and the
//! overlay of this repository. If the meaning of the upstream spec changes, update `upstream.yaml`
//! together with the overlay.

use std::path::Path;

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use similar::TextDiff;
use xtask::{
    document,
    layout::Layout,
    regen,
    tree::{self, Kind, METHODS},
};

fn upstream() -> Value {
    document::parse(include_bytes!("upstream.yaml"), "upstream.yaml").unwrap_or_default()
}

/// Returns `permissions.json` for a document, or the error.
fn permissions(document: &Value) -> Result<String, String> {
    let specify = || {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let layout = Layout::new(root);
        let (selection, overlay) = (layout.read_selection()?, layout.read_overlay()?);
        let specification = regen::specify(document, &selection, &overlay)?;
        regen::render(&specification.document)
    };
    specify().map_err(|error: anyhow::Error| format!("{error:#}\n{document:#}"))
}

/// Returns the difference between the results of a document and of `upstream.yaml`.
fn difference(document: &Value) -> String {
    match (permissions(&upstream()), permissions(document)) {
        (Ok(expected), Ok(found)) => TextDiff::from_lines(&expected, &found)
            .unified_diff()
            .to_string(),
        (Err(error), _) | (_, Err(error)) => error,
    }
}

/// A list of random choices. After the last choice of the list, every further choice is the first
/// alternative.
struct Choices(std::vec::IntoIter<u8>);

impl Choices {
    fn among(&mut self, alternatives: u8) -> u8 {
        self.0.next().unwrap_or_default() % alternatives
    }
}

/// Rewrites every schema to an equivalent one.
fn rewrite_schemas(document: &mut Value, choices: &mut Choices) {
    tree::inside_out(document, &mut |kind, _, value| {
        let (Kind::Schema, Value::Object(schema)) = (kind, value) else {
            return;
        };
        nullable(schema, choices);
        constant(schema, choices);
        idle(schema, choices);
        prose(schema, choices);
        wrap(schema, choices);
    });
}

fn nullable(schema: &mut Map<String, Value>, choices: &mut Choices) {
    let Some(Value::Array(members)) = schema.get("anyOf") else {
        return;
    };
    let [one, _null] = members.as_slice() else {
        return;
    };
    let Some(name) = one.get("type").cloned() else {
        return;
    };
    let new = match choices.among(9) {
        0 => return,
        1 => json!({"type": name, "nullable": true}),
        2 => json!({"type": [name, "null"]}),
        3 => json!({"type": ["null", name]}),
        4 => json!({"oneOf": [{"type": "null"}, one]}),
        5 => json!({"anyOf": [one, {"enum": [null]}]}),
        6 => json!({"anyOf": [{"const": null}, one]}),
        7 => json!({"oneOf": [{"type": name, "nullable": true}]}),
        _ => json!({"anyOf": [{"type": [name, "null"]}, {"type": "null"}]}),
    };
    if let Value::Object(new) = new {
        *schema = new;
    }
}

fn constant(schema: &mut Map<String, Value>, choices: &mut Choices) {
    let Some(Value::Array(values)) = schema.get_mut("enum") else {
        return;
    };
    values.reverse();
    let way = choices.among(4);
    if values.len() == 1 && way > 0 {
        let value = values[0].clone();
        schema.insert("const".to_owned(), value);
    }
    if way > 1 && schema.contains_key("const") {
        schema.remove("enum");
    }
    if way > 2 {
        schema.remove("type");
    }
}

/// Adds a keyword that does not change which values are valid, and reverses `required`.
fn idle(schema: &mut Map<String, Value>, choices: &mut Choices) {
    let kind = schema.get("type").cloned().unwrap_or_default();
    let extra = match (choices.among(5), kind.as_str()) {
        (1, Some("object")) => ("minProperties", json!(0)),
        (2, Some("object")) => ("readOnly", json!(false)),
        (1, Some("string")) => ("minLength", json!(0)),
        (2, Some("array")) => ("uniqueItems", json!(false)),
        (3, Some("integer")) => ("exclusiveMinimum", json!(false)),
        (_, Some("string")) => ("minItems", json!(3)),
        _ => ("deprecated", json!(false)),
    };
    schema.entry(extra.0).or_insert(extra.1);
    if let Some(Value::Array(required)) = schema.get_mut("required") {
        required.reverse();
    }
}

fn prose(schema: &mut Map<String, Value>, choices: &mut Choices) {
    let extra = match choices.among(4) {
        1 => json!({"description": "words", "title": "Words"}),
        2 => json!({"examples": ["a", null], "$comment": "words"}),
        3 => json!({"x-any": {"$ref": "nowhere"}, "example": {"type": null}}),
        _ => json!({}),
    };
    if let Value::Object(extra) = extra {
        schema.extend(extra);
    }
}

/// Wraps the schema in `allOf`, `oneOf` or `anyOf` with one entry.
fn wrap(schema: &mut Map<String, Value>, choices: &mut Choices) {
    let key = match choices.among(8) {
        1 => "allOf",
        2 => "anyOf",
        3 => "oneOf",
        _ => return,
    };
    let inner = Value::Object(std::mem::take(schema));
    schema.insert(key.to_owned(), json!([inner]));
}

/// Moves parameters, schemas, bodies, responses and path items to `components`. Adds path
/// parameters that the operations override.
fn rewrite_operations(document: &mut Value, choices: &mut Choices) {
    let mut components = document["components"].take();
    let mut name = 0;
    let mut keep = |kind: &str, value: &mut Value| {
        name += 1;
        let name = format!("Kept{name}");
        let reference = json!({"$ref": format!("#/components/{kind}/{name}")});
        components[kind][&name] = std::mem::replace(value, reference);
    };
    for (path, item) in document["paths"].as_object_mut().into_iter().flatten() {
        let mut shared = None;
        for method in METHODS {
            let Some(operation) = item.get_mut(method) else {
                continue;
            };
            if let Some(Value::Array(parameters)) = operation.get_mut("parameters") {
                parameters.rotate_left(usize::from(choices.among(2)));
                for parameter in parameters.iter_mut() {
                    explicit(parameter, choices);
                    let way = choices.among(6);
                    if way > 3 {
                        keep("schemas", &mut parameter["schema"]);
                    }
                    if way == 5 {
                        keep("schemas", &mut parameter["schema"]);
                    }
                    if way % 3 == 2 {
                        keep("parameters", parameter);
                    }
                }
                // The parameter of an operation overrides the parameter of its path.
                if choices.among(2) == 1 && path.contains("{fine_tuned_model_checkpoint}") {
                    shared = Some(json!([{
                        "in": "path", "name": "fine_tuned_model_checkpoint", "schema": {"type": "integer"},
                    }]));
                }
            }
            if choices.among(3) == 1
                && let Some(body) = operation.get_mut("requestBody")
            {
                keep("requestBodies", body);
            }
            if choices.among(3) == 1 {
                keep("responses", &mut operation["responses"]["200"]);
            }
            if choices.among(3) == 1 && operation.get("security").is_none() {
                operation["security"] = json!([{"ApiKeyAuth": []}]);
            }
            operation["responses"]["default"] = json!({"$ref": "#/components/responses/Gone"});
        }
        if let Some(shared) = shared {
            item["parameters"] = shared;
        }
        if choices.among(4) == 1 {
            keep("pathItems", item);
        }
    }
    document["components"] = components;
}

fn explicit(parameter: &mut Value, choices: &mut Choices) {
    if choices.among(3) != 1 {
        return;
    }
    let path = parameter["in"] == "path";
    parameter["style"] = json!(if path { "simple" } else { "form" });
    parameter["explode"] = json!(!path);
    parameter["deprecated"] = json!(false);
    parameter["description"] = json!("words");
    if !path {
        parameter["required"] = json!(false);
    }
}

fn rewrite_root(document: &mut Value, choices: &mut Choices) {
    let versions = ["3.1.0", "3.0.0", "3.0.4", "3.1.2", "3.2.0"];
    document["openapi"] = json!(versions[usize::from(choices.among(5))]);
    if choices.among(2) == 1 {
        document["info"]["license"] = json!({"name": "MIT", "identifier": "MIT"});
        document["webhooks"] = json!({"any": {"post": {"responses": {}}}});
        document["jsonSchemaDialect"] = json!("https://json-schema.org/draft/2020-12/schema");
        document["$self"] = json!("https://example.com/openapi.yaml");
        document["tags"] = json!([{"name": "words", "kind": "nav"}]);
    }
}

fn rewritten(choices: Vec<u8>) -> Value {
    let mut choices = Choices(choices.into_iter());
    let mut document = upstream();
    rewrite_root(&mut document, &mut choices);
    rewrite_schemas(&mut document, &mut choices);
    rewrite_operations(&mut document, &mut choices);
    document
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases / 4, ..ProptestConfig::default() })]

    #[test]
    fn rewritten_document_results_in_same_bytes(choices in prop::collection::vec(any::<u8>(), 0..300)) {
        let difference = difference(&rewritten(choices));
        prop_assert!(difference.is_empty(), "{}", difference);
    }
}

#[test]
fn each_rewrite_of_all_schemas_results_in_same_bytes() {
    for way in (0..=u8::MAX).step_by(5) {
        let difference = difference(&rewritten(vec![way; 400]));
        assert!(difference.is_empty(), "way {way}: {difference}");
    }
}

/// The overlay changes properties by name and must keep new upstream properties.
#[test]
fn new_upstream_property_reaches_client() {
    for (schema, named) in [
        ("FineTuningCheckpointPermission", "Permission"),
        (
            "ListFineTuningCheckpointPermissionResponse",
            "PermissionList",
        ),
        (
            "DeleteFineTuningCheckpointPermissionResponse",
            "DeletedPermission",
        ),
    ] {
        let mut document = upstream();
        let properties = &mut document["components"]["schemas"][schema]["properties"];
        properties["granted_by"] = json!({"type": "string"});
        properties["revoked_by"] = json!({"type": ["string", "null"]});

        let permissions: Value = serde_json::from_str(&permissions(&document).unwrap()).unwrap();

        let properties = &permissions["components"]["schemas"][named]["properties"];
        assert_eq!(
            properties["granted_by"],
            json!({"type": "string"}),
            "{schema}"
        );
        assert_eq!(
            properties["revoked_by"],
            json!({"type": "string", "nullable": true}),
            "{schema}"
        );
    }
}

#[test]
fn changed_meaning_results_in_different_bytes() {
    let expected = permissions(&upstream());
    let schema = "/components/schemas/ListFineTuningCheckpointPermissionResponse";
    for (place, value) in [
        (format!("{schema}/required"), json!(["object", "data"])),
        (
            format!("{schema}/properties/has_more/type"),
            json!("integer"),
        ),
        (
            "/components/schemas/CreateFineTuningCheckpointPermissionRequest/additionalProperties"
                .to_owned(),
            json!(true),
        ),
    ] {
        let mut document = upstream();
        *document.pointer_mut(&place).unwrap() = value;
        let permissions = permissions(&document);
        assert!(permissions.is_ok() && permissions != expected, "{place}");
    }
}
