//! Properties of the lower stage and of the generator, tested with random valid documents.

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use xtask::{
    generate, lower,
    tree::{self, Kind},
};

use super::documents::{NAMES, document, lowered, schema};

/// Adds prose, examples and extensions to every object of a document.
fn with_prose(document: &Value) -> Value {
    let mut document = document.clone();
    tree::outside_in(&mut document, &mut |kind, _, value| {
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
    });
    document
}

/// Returns the locations of keywords and values that OpenAPI 3.0 does not have.
fn beyond_3_0(document: &Value) -> Vec<String> {
    let mut found = Vec::new();
    tree::read(document, &mut |kind, at, value| {
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
    });
    found
}

proptest! {
    #[test]
    fn prose_does_not_change_lowered_document(document in document()) {
        prop_assert_eq!(lowered(&with_prose(&document)), lowered(&document));
    }

    #[test]
    fn lowered_document_has_no_3_1_keywords(document in document()) {
        if let Ok(lowered) = lowered(&document) {
            prop_assert_eq!(beyond_3_0(&lowered), Vec::<String>::new());
        }
    }

    #[test]
    fn second_lowering_changes_nothing(document in document()) {
        if let Ok(once) = lowered(&document) {
            let twice = lower::lower(once.clone(), &mut Vec::new());
            prop_assert_eq!(twice, Ok(once));
        }
    }

    #[test]
    fn reference_inside_combinations_is_kept(
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
                "post": {"operationId": "b", "responses": {"204": {"description": ""}}},
            }},
            "components": {"schemas": {"B": {"type": "object"}}},
        });
        prop_assert!(lowered(&document).is_ok_and(|lowered| refers(&lowered)));
    }

    #[test]
    fn properties_named_like_keywords_are_kept(schema in schema()) {
        let properties: Map<String, Value> =
            NAMES.iter().map(|name| ((*name).to_owned(), schema.clone())).collect();
        let object = json!({"type": "object", "properties": properties});
        let document = json!({
            "openapi": "3.1.0",
            "paths": {"/a/{id}": {
                "get": {"operationId": "a", "responses": {"200": {"content": {"application/json": {"schema": object}}}}},
                "post": {"operationId": "b", "responses": {"204": {"description": ""}}},
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

/// Returns whether a schema of the document is a reference.
fn refers(document: &Value) -> bool {
    let mut found = false;
    tree::read(document, &mut |kind, at, value| {
        found |= kind == Kind::Schema && at.keys().len() > 3 && value.get("$ref").is_some();
    });
    found
}

proptest! {
    // Fewer cases, because generating takes 100 times as long as lowering.
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases / 5, ..ProptestConfig::default() })]

    #[test]
    fn generator_does_not_panic_on_lowered_document(document in document()) {
        if let Ok(lowered) = lowered(&document)
            && let Err(problems) = generate::generate(&lowered)
        {
            prop_assert!(!problems.to_string().contains("panicked"), "{}\n{:#}", problems, lowered);
        }
    }
}
