//! What holds for any document: nothing panics, prose has no effect, lowering ends in 3.0.3.
//!
//! `PROPTEST_CASES=10000 cargo test -p xtask --test properties` looks for longer.

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use xtask::{
    generate, lower,
    problem::Problems,
    select::{self, Selection},
    tree::{self, Kind, Pointer},
};

const NAMES: [&str; 12] = [
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

fn schema() -> impl Strategy<Value = Value> {
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

/// A document of two operations over three schemas.
fn document() -> impl Strategy<Value = Value> {
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

fn lowered(document: &Value) -> Result<Value, Problems> {
    let selection =
        Selection::parse("operations = [\"GET /a/{id}\", \"POST /a/{id}\"]").unwrap_or_default();
    let mut notes = Vec::new();
    lower::lower(
        select::select(document, &selection, &mut notes)?,
        &mut notes,
    )
}

/// The document with words, samples and extensions wherever they may stand.
fn with_prose(document: &Value) -> Value {
    let mut document = document.clone();
    tree::outside_in(
        &mut document,
        Kind::Document,
        &mut Pointer::root(),
        &mut |kind, _, value| {
            let Value::Object(object) = value else { return };
            if matches!(kind, Kind::Components) {
                return;
            }
            object.insert("description".to_owned(), json!("words"));
            object.insert(
                "x-extension".to_owned(),
                json!({"type": null, "$ref": "nowhere"}),
            );
            if kind == Kind::Schema {
                object.insert("title".to_owned(), json!("Words"));
                object.insert(
                    "example".to_owned(),
                    json!({"anyOf": [null], "$ref": "#/nowhere", "const": null}),
                );
            }
        },
    );
    document
}

/// Keywords of 3.1 and forms of 3.1 that are left anywhere a schema stands.
fn beyond_3_0(document: &Value) -> Vec<String> {
    let mut found = Vec::new();
    tree::read(
        document,
        Kind::Document,
        &mut Pointer::root(),
        &mut |kind, at, value| {
            if kind != Kind::Schema {
                return;
            }
            let Value::Object(schema) = value else {
                let additional = at
                    .keys()
                    .last()
                    .is_some_and(|key| key == "additionalProperties");
                if !additional {
                    found.push(format!("{at} is {value}"));
                }
                return;
            };
            let keywords = [
                "const",
                "examples",
                "prefixItems",
                "patternProperties",
                "$defs",
                "contentEncoding",
                "x-extension",
            ];
            found.extend(
                keywords
                    .iter()
                    .filter(|key| schema.contains_key(**key))
                    .map(|key| format!("{at}/{key}")),
            );
            if schema
                .get("type")
                .is_some_and(|name| !name.is_string() || name == "null")
            {
                found.push(format!("{at}/type"));
            }
            if schema.contains_key("$ref") && schema.len() > 1 {
                found.push(format!("{at} has siblings of $ref"));
            }
            if schema.get("exclusiveMinimum").is_some_and(Value::is_number) {
                found.push(format!("{at}/exclusiveMinimum"));
            }
        },
    );
    found
}

proptest! {
    #[test]
    fn prose_makes_no_difference(document in document()) {
        prop_assert_eq!(lowered(&with_prose(&document)), lowered(&document));
    }

    #[test]
    fn what_is_lowered_is_3_0(document in document()) {
        if let Ok(lowered) = lowered(&document) {
            prop_assert_eq!(beyond_3_0(&lowered), Vec::<String>::new());
        }
    }

    #[test]
    fn lowering_is_done_once(document in document()) {
        if let Ok(once) = lowered(&document) {
            let twice = lower::lower(once.clone(), &mut Vec::new());
            prop_assert_eq!(twice, Ok(once));
        }
    }

    #[test]
    fn a_reference_is_not_lost(
        name in prop::sample::select(vec!["anyOf", "oneOf", "allOf"]),
        nested in 0_usize..4,
        nullable in any::<bool>(),
    ) {
        let mut schema = json!({"$ref": "#/components/schemas/B"});
        for _ in 0..nested {
            schema = Value::Object(Map::from_iter([(name.to_owned(), json!([schema]))]));
        }
        if nullable {
            schema = json!({"anyOf": [schema, {"type": "null"}]});
        }
        let answer = json!({"200": {"content": {"application/json": {"schema": schema}}}});
        let document = json!({
            "openapi": "3.1.0",
            "paths": {"/a/{id}": {
                "get": {"operationId": "a", "responses": answer},
                "post": {"operationId": "b", "responses": {}},
            }},
            "components": {"schemas": {"B": {"type": "object"}}},
        });
        prop_assert!(lowered(&document).is_ok_and(|lowered| refers(&lowered)));
    }

    #[test]
    fn names_of_properties_are_never_keywords(schema in schema()) {
        let properties: Map<String, Value> =
            NAMES.iter().map(|name| ((*name).to_owned(), schema.clone())).collect();
        let object = json!({"type": "object", "properties": properties});
        let document = json!({
            "openapi": "3.1.0",
            "paths": {"/a/{id}": {
                "get": {"operationId": "a", "responses": {"200": {"content": {"application/json": {"schema": object}}}}},
                "post": {"operationId": "b", "responses": {}},
            }},
            "components": {"schemas": {"A": {}, "B": {}, "C": {}}},
        });
        if let Ok(lowered) = lowered(&document) {
            let place = "/paths/~1a~1{id}/get/responses/200/content/application~1json/schema/properties";
            let properties = lowered.pointer(place).and_then(Value::as_object);
            prop_assert_eq!(properties.map(Map::len), Some(NAMES.len()));
        }
    }
}

/// Whether any schema of a document is a reference.
fn refers(document: &Value) -> bool {
    let mut found = false;
    tree::read(
        document,
        Kind::Document,
        &mut Pointer::root(),
        &mut |kind, at, value| {
            found |= kind == Kind::Schema && at.keys().len() > 3 && value.get("$ref").is_some();
        },
    );
    found
}

proptest! {
    // Generating takes a hundred times as long as lowering.
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases / 5, ..ProptestConfig::default() })]

    #[test]
    fn the_generator_never_panics_on_what_passed_the_checks(document in document()) {
        if let Ok(lowered) = lowered(&document)
            && let Err(problems) = generate::generate(&lowered)
        {
            prop_assert!(!problems.to_string().contains("panicked"), "{}\n{:#}", problems, lowered);
        }
    }
}
