//! Strategies for random documents with two operations.

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use xtask::{
    lower,
    problem::Problems,
    select::{self, Selection},
};

pub(crate) const NAMES: [&str; 12] = [
    "type",
    "items",
    "properties",
    "example",
    "default",
    "enum",
    "nullable",
    "const",
    "$ref",
    "anyOf",
    "id",
    "name",
];
const TYPES: [&str; 6] = ["string", "integer", "number", "boolean", "array", "object"];

fn type_name() -> impl Strategy<Value = Value> {
    prop::sample::select(&TYPES[..]).prop_map(|name| json!(name))
}

fn leaf() -> impl Strategy<Value = Value> {
    let string = json!({"type": "string"});
    prop_oneof![
        type_name().prop_map(|name| json!({"type": name})),
        type_name().prop_map(|name| json!({"type": [name, "null"]})),
        prop::collection::vec(type_name(), 1..4).prop_map(|names| json!({"type": names})),
        prop::sample::select(vec!["A", "B", "C"])
            .prop_map(|name| json!({"$ref": format!("#/components/schemas/{name}")})),
        prop::sample::select(vec!["A", "B", "C"]).prop_map(
            |name| json!({"$ref": format!("#/components/schemas/{name}"), "nullable": true, "type": "object"})
        ),
        prop::sample::subsequence(vec!["a", "b", "=", "<", "1"], 1..4)
            .prop_map(|values| json!({"type": "string", "enum": values})),
        prop::sample::select(vec![
            json!({}),
            json!(true),
            json!({"type": "null"}),
            json!({"const": "only"}),
            json!({"const": null}),
            json!({"enum": ["a", null]}),
            json!({"type": "integer", "exclusiveMinimum": 3, "minimum": 1}),
            json!({"type": "string", "format": "date-time", "default": 7}),
            json!({"type": "string", "pattern": "(", "minLength": 3}),
            json!({"type": "string", "contentEncoding": "base64"}),
            json!({"type": "number", "default": 0.5}),
            json!({"type": "string", "not": {"const": "x"}}),
            json!({"$recursiveRef": "#"}),
            string,
        ]),
    ]
}

/// Generates schemas of OpenAPI 3.0, 3.1 and 3.2.
pub(crate) fn schema() -> impl Strategy<Value = Value> {
    leaf().prop_recursive(4, 24, 4, |inner| {
        let properties =
            prop::collection::btree_map(prop::sample::select(&NAMES[..]), inner.clone(), 0..4);
        let list = prop::collection::vec(inner.clone(), 1..4);
        prop_oneof![
            (properties, any::<bool>()).prop_map(|(properties, closed)| {
                let required: Vec<_> = properties.keys().take(2).collect();
                let mut schema =
                    json!({"type": "object", "properties": properties, "required": required});
                if closed {
                    schema["additionalProperties"] = json!(false);
                }
                schema
            }),
            inner
                .clone()
                .prop_map(|items| json!({"type": "array", "items": items})),
            inner
                .clone()
                .prop_map(|values| json!({"type": "object", "additionalProperties": values})),
            inner
                .clone()
                .prop_map(|values| json!({"type": "object", "patternProperties": {"^x": values}})),
            (
                list.clone(),
                prop::sample::select(vec!["anyOf", "oneOf", "prefixItems"])
            )
                .prop_map(|(list, key)| Value::Object(Map::from_iter([(
                    key.to_owned(),
                    list.into()
                )]))),
            inner
                .clone()
                .prop_map(|one| json!({"anyOf": [one, {"type": "null"}], "default": null})),
            inner.prop_map(|one| json!({"allOf": [one]})),
        ]
    })
}

/// Generates documents with two operations and three schemas.
pub(crate) fn document() -> impl Strategy<Value = Value> {
    let version = prop::sample::select(vec!["3.0.0", "3.0.4", "3.1.0", "3.2.0"]);
    (version, schema(), schema(), schema()).prop_map(|(version, a, b, c)| {
        let content = |name: &str| {
            json!({"application/json": {"schema": {"$ref": format!("#/components/schemas/{name}")}}})
        };
        json!({
            "openapi": version,
            "info": {"title": "Any", "version": "1"},
            "paths": {"/a/{id}": {
                "parameters": [{"name": "id", "in": "path", "schema": {"type": "string"}}],
                "get": {"operationId": "getA", "responses": {"200": {"description": "", "content": content("A")}}},
                "post": {
                    "operationId": "postB",
                    "requestBody": {"content": content("B")},
                    "responses": {"200": {"description": "", "content": content("C")}},
                },
            }},
            "components": {"schemas": {"A": a, "B": b, "C": c}},
        })
    })
}

/// Selects both operations of a document and lowers them.
pub(crate) fn lowered(document: &Value) -> Result<Value, Problems> {
    let selection =
        Selection::parse("operations = [\"GET /a/{id}\", \"POST /a/{id}\"]").unwrap_or_default();
    let mut notes = Vec::new();
    lower::lower(
        select::select(document, &selection, &mut notes)?,
        &mut notes,
    )
}
