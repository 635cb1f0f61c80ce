//! Selecting and lowering an arbitrary document results in OpenAPI 3.0.3 or in an error.

use proptest::{prelude::*, sample::Index};
use serde_json::{Value, json};
use xtask::lower;

use super::documents::{document, lowered};

/// Keys that OpenAPI defines for at least one kind of object.
const KEYS: [&str; 40] = [
    "$anchor",
    "$defs",
    "$dynamicRef",
    "$id",
    "$recursiveRef",
    "$ref",
    "additionalProperties",
    "allOf",
    "anyOf",
    "components",
    "const",
    "content",
    "default",
    "enum",
    "exclusiveMinimum",
    "get",
    "headers",
    "in",
    "info",
    "items",
    "minimum",
    "maxLength",
    "name",
    "not",
    "nullable",
    "oneOf",
    "openapi",
    "parameters",
    "paths",
    "patternProperties",
    "prefixItems",
    "properties",
    "query",
    "requestBody",
    "required",
    "responses",
    "schema",
    "security",
    "servers",
    "type",
];

/// Generates strings, most of which are references.
const TEXTS: [&str; 16] = [
    "string",
    "object",
    "array",
    "null",
    "query",
    "path",
    "#",
    "#/",
    "#/components/schemas/A",
    "#/components/schemas/B/properties/type",
    "#/components/schemas/C/anyOf/0",
    "#/$defs/A",
    "#/paths/~1a~1{id}/get/responses/200/content/application~1json/schema",
    "#anchor",
    "other.yaml#/A",
    "%ff",
];

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        3 => prop::sample::select(&TEXTS[..]).prop_map(|text| json!(text)),
        1 => any::<bool>().prop_map(|flag| json!(flag)),
        1 => prop_oneof![Just(json!(0)), Just(json!(-1)), Just(json!(1.5)), Just(json!(1e300))],
        1 => Just(Value::Null),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        let map = prop::collection::btree_map(prop::sample::select(&KEYS[..]), inner.clone(), 0..4);
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(Value::from),
            map.prop_map(|map| {
                let entries = map.into_iter().map(|(key, value)| (key.to_owned(), value));
                Value::Object(entries.collect())
            }),
        ]
    })
}

/// A random edit: a value is replaced, or a key is added.
#[derive(Clone, Debug)]
struct Damage {
    place: Index,
    key: Option<&'static str>,
    value: Value,
}

fn damage() -> impl Strategy<Value = Damage> {
    let key = prop::option::of(prop::sample::select(&KEYS[..]));
    (any::<Index>(), key, value()).prop_map(|(place, key, value)| Damage { place, key, value })
}

/// Generates a valid document with a few random edits.
fn damaged() -> impl Strategy<Value = Value> {
    (document(), prop::collection::vec(damage(), 1..5)).prop_map(|(mut document, damages)| {
        for Damage { place, key, value } in damages {
            let mut places = Vec::new();
            collect(&document, String::new(), &mut places);
            let place = place.get(&places).clone();
            let Some(at) = document.pointer_mut(&place) else {
                continue;
            };
            match (key, at) {
                (Some(key), Value::Object(object)) => drop(object.insert(key.to_owned(), value)),
                (_, at) => *at = value,
            }
        }
        document
    })
}

fn collect(value: &Value, place: String, places: &mut Vec<String>) {
    let inner: Vec<(String, &Value)> = match value {
        Value::Object(object) => object
            .iter()
            .map(|(key, value)| (key.clone(), value))
            .collect(),
        Value::Array(list) => list
            .iter()
            .enumerate()
            .map(|(index, value)| (index.to_string(), value))
            .collect(),
        _ => Vec::new(),
    };
    for (key, value) in inner {
        let key = key.replace('~', "~0").replace('/', "~1");
        collect(value, format!("{place}/{key}"), places);
    }
    places.push(place);
}

fn ends_in_3_0_or_an_error(document: &Value) -> Result<(), TestCaseError> {
    // The pipeline applies the overlay between `canonical` and `lower`.
    let mut canonical = document.clone();
    if canonical.is_object() && lower::canonical(&mut canonical, &mut Vec::new()).is_ok() {
        drop(lower::lower(canonical, &mut Vec::new()));
    }
    if let Ok(lowered) = lowered(document) {
        let parsed = serde_json::from_value::<openapiv3::OpenAPI>(lowered.clone());
        prop_assert!(parsed.is_ok(), "{:?}\n{:#}", parsed.err(), lowered);
    }
    Ok(())
}

proptest! {
    #[test]
    fn damaged_document_is_refused_or_lowered(document in damaged()) {
        ends_in_3_0_or_an_error(&document)?;
    }

    #[test]
    fn valid_document_is_refused_or_lowered(document in document()) {
        ends_in_3_0_or_an_error(&document)?;
    }

    #[test]
    fn arbitrary_value_is_refused_or_lowered(value in value(), operation in value(), schema in value()) {
        ends_in_3_0_or_an_error(&value)?;
        let mut document = json!({"openapi": "3.1.0", "paths": {"/a/{id}": {}}, "components": {"schemas": {"A": schema}}});
        document["paths"]["/a/{id}"] = json!({"get": operation, "post": operation, "parameters": value});
        ends_in_3_0_or_an_error(&document)?;
    }
}
