//! Giving a name to what is inside a schema and referred to from elsewhere.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::schemas::{component_name, reference_to};
use crate::{
    names,
    tree::{self, Child, Kind, Pointer},
};

/// What an inner schema is called until all of them are known: no component has such a name.
pub(super) fn provisional_name(place: &[String]) -> String {
    format!("#{}", Pointer::of(place.iter().map(String::as_str)))
}

/// Gives the schemas of `inner`, by place, the names that they keep.
///
/// Where one of them stood, a reference stands afterwards: the generator would make two types of it
/// otherwise. Names come from places, so that another selection does not change them.
pub(super) fn name(upstream: &Value, document: &mut Value, inner: &BTreeMap<Vec<String>, String>) {
    if inner.is_empty() {
        return;
    }
    if let Some(Value::Object(schemas)) = document.pointer_mut("/components/schemas") {
        move_out(schemas, inner);
    }
    let names = final_names(upstream, inner);
    if let Some(Value::Object(schemas)) = document.pointer_mut("/components/schemas") {
        *schemas = std::mem::take(schemas)
            .into_iter()
            .map(|(old, schema)| (names.get(&old).cloned().unwrap_or(old), schema))
            .collect();
    }
    tree::outside_in(
        document,
        Kind::Document,
        &mut Pointer::root(),
        &mut |kind, _, value| {
            if kind == Kind::Schema
                && let Some(Value::String(reference)) = value.get_mut("$ref")
                && let Some(name) = component_name(reference).and_then(|old| names.get(&old))
            {
                *reference = reference_to(name);
            }
        },
    );
}

/// Leaves a reference where each inner schema stood, in every schema around it.
fn move_out(schemas: &mut Map<String, Value>, inner: &BTreeMap<Vec<String>, String>) {
    let mut deepest_first: Vec<_> = inner.iter().collect();
    deepest_first.sort_by_key(|(place, _)| std::cmp::Reverse(place.len()));
    for (place, name) in deepest_first {
        let around = (1..place.len()).filter_map(|length| {
            let (outer, rest) = place.split_at(length);
            let name = match outer {
                [components, schemas, name]
                    if components == "components" && schemas == "schemas" =>
                {
                    name
                }
                _ => inner.get(outer)?,
            };
            Some((name.clone(), rest))
        });
        for (outer, rest) in around {
            let stood = rest
                .iter()
                .try_fold(schemas.get_mut(&outer), |value, key| {
                    Some(match value? {
                        Value::Object(object) => object.get_mut(key),
                        Value::Array(list) => list.get_mut(key.parse::<usize>().ok()?),
                        _ => None,
                    })
                })
                .flatten();
            if let Some(stood) = stood {
                *stood = json!({ "$ref": reference_to(name) });
            }
        }
    }
}

/// For each provisional name the one that stays.
fn final_names(
    upstream: &Value,
    inner: &BTreeMap<Vec<String>, String>,
) -> BTreeMap<String, String> {
    let mut taken: BTreeSet<String> = upstream
        .pointer("/components/schemas")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .map(|(name, _)| names::pascal(name))
        .collect();
    inner
        .iter()
        .map(|(place, provisional)| {
            let base = name_of(place);
            let mut name = base.clone();
            let mut number = 2;
            while !taken.insert(name.clone()) {
                name = format!("{base}{number}");
                number += 1;
            }
            (provisional.clone(), name)
        })
        .collect()
}

/// A name made of the names on the way to a place: `Order/properties/lines/items` is `OrderLinesItem`.
fn name_of(place: &[String]) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut kind = Some(Kind::Document);
    let mut keys = place.iter();
    while let Some(key) = keys.next() {
        let child = kind.map_or(Child::Leaf, |kind| tree::child(kind, key));
        let within_schema = kind == Some(Kind::Schema);
        kind = match child {
            Child::Leaf => {
                words.push(key.clone());
                None
            }
            Child::One(inner) => {
                words.push(match key.as_str() {
                    "components" | "schema" => String::new(),
                    "items" => "Item".to_owned(),
                    "additionalProperties" => "Value".to_owned(),
                    other => other.to_owned(),
                });
                Some(inner)
            }
            Child::List(inner) => {
                words.push(key.clone());
                words.extend(keys.next().cloned());
                Some(inner)
            }
            Child::Map(inner) => {
                if !within_schema && key != "schemas" && key != "paths" {
                    words.push(key.clone());
                }
                words.extend(keys.next().cloned());
                Some(inner)
            }
        };
    }
    let name = names::pascal(&words.join(" "));
    match name.chars().next() {
        Some(first) if first.is_alphabetic() => name,
        _ => format!("Schema{name}"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::select::{Selection, select};

    /// Selects the one operation of a document with these schemas, whose answer is `Order`.
    fn selected(schemas: Value) -> Result<Value, String> {
        with_answer(json!({"$ref": "#/components/schemas/Order"}), schemas)
    }

    fn with_answer(answer: Value, schemas: Value) -> Result<Value, String> {
        let document = json!({
            "openapi": "3.1.0",
            "$self": "https://example.com/shop",
            "paths": {"/orders": {"get": {"operationId": "orders", "responses": {
                "200": {"content": {"application/json": {"schema": answer}}},
            }}}},
            "components": {"schemas": schemas},
            "definitions": {"Price": {"type": "object"}},
        });
        let selection = Selection::parse("operations = [\"GET /orders\"]").unwrap();
        select(&document, &selection, &mut Vec::new()).map_err(|problems| problems.to_string())
    }

    fn reference(text: &str) -> Value {
        json!({"$ref": text})
    }

    #[test]
    fn what_is_referred_to_inside_a_schema_gets_a_name_and_leaves_a_reference() {
        let line = json!({"type": "object", "properties": {"next": reference("#/components/schemas/Order/properties/lines/items")}});
        let order = json!({"type": "object", "properties": {
            "lines": {"type": "array", "items": line},
            "first": reference("#/components/schemas/Order/properties/lines/items"),
        }});

        let selected = selected(json!({"Order": order})).unwrap();

        let item = reference("#/components/schemas/OrderLinesItem");
        assert_eq!(
            selected["components"]["schemas"],
            json!({
                "Order": {"type": "object", "properties": {
                    "lines": {"type": "array", "items": item},
                    "first": item,
                }},
                "OrderLinesItem": {"type": "object", "properties": {"next": item}},
            })
        );
    }

    #[test]
    fn inner_schemas_inside_one_another_keep_their_places() {
        let inner = json!({"type": "object", "properties": {"b": {"type": "object", "properties": {"c": {"type": "object"}}}}});
        let order = json!({"type": "object", "properties": {
            "outer": reference("#/components/schemas/A/properties/b"),
            "inner": reference("#/components/schemas/A/properties/b/properties/c"),
        }});

        let selected = selected(json!({"Order": order, "A": inner})).unwrap();

        let schemas = selected["components"]["schemas"].as_object().unwrap();
        assert_eq!(schemas.keys().collect::<Vec<_>>(), ["AB", "ABC", "Order"]);
        assert_eq!(
            schemas["AB"]["properties"]["c"],
            reference("#/components/schemas/ABC")
        );
    }

    #[test]
    fn plain_schemas_are_written_out() {
        let order = json!({"type": "object", "properties": {
            "id": {"type": "string", "format": "date"},
            "parent": {"$ref": "#/components/schemas/Order/properties/id", "nullable": true},
        }});

        let selected = selected(json!({"Order": order})).unwrap();

        assert_eq!(
            selected["components"]["schemas"]["Order"]["properties"]["parent"],
            json!({"type": "string", "format": "date", "nullable": true})
        );
    }

    #[test]
    fn definitions_of_a_schema_and_of_the_document_get_names() {
        let order = json!({
            "type": "object",
            "$defs": {"line": {"type": "object"}, "note": {"$anchor": "note", "type": "object"}},
            "properties": {
                "absolute": reference("#/components/schemas/Order/$defs/line"),
                "pasted": reference("#/$defs/line"),
                "anchor": reference("#note"),
                "price": reference("#/definitions/Price"),
                "whole": reference("https://example.com/shop#/components/schemas/Order"),
            },
        });

        let selected = selected(json!({"Order": order})).unwrap();

        assert_eq!(
            selected["components"]["schemas"]["Order"]["properties"],
            json!({
                "absolute": reference("#/components/schemas/OrderLine"),
                "pasted": reference("#/components/schemas/OrderLine"),
                "anchor": reference("#/components/schemas/OrderNote"),
                "price": reference("#/components/schemas/DefinitionsPrice"),
                "whole": reference("#/components/schemas/Order"),
            })
        );
    }

    #[test]
    fn a_schema_with_an_id_is_a_document_of_its_own() {
        let order = json!({
            "$id": "https://example.com/order",
            "type": "object",
            "$defs": {"Tree": {"type": "object", "properties": {"root": reference("#")}}},
            "properties": {"tree": reference("#/$defs/Tree")},
        });

        let selected = selected(json!({"Order": order})).unwrap();

        let schemas = &selected["components"]["schemas"];
        assert_eq!(
            schemas["Order"]["properties"]["tree"],
            reference("#/components/schemas/OrderTree")
        );
        assert_eq!(
            schemas["OrderTree"]["properties"]["root"],
            reference("#/components/schemas/Order")
        );
    }

    #[test]
    fn an_answer_may_bring_its_definitions_along() {
        let answer = json!({
            "$defs": {"Line": {"type": "object"}},
            "type": "array",
            "items": reference("#/$defs/Line"),
        });

        let selected = with_answer(answer, json!({})).unwrap();

        let schemas = selected["components"]["schemas"].as_object().unwrap();
        let names: Vec<&String> = schemas.keys().collect();
        assert_eq!(names, ["OrdersGetResponses200ContentApplicationJsonLine"]);
    }

    #[test]
    fn names_that_are_taken_are_numbered() {
        let order = json!({"type": "object", "properties": {
            "line": {"type": "object"},
            "next": reference("#/components/schemas/Order/properties/line"),
        }});

        let selected =
            selected(json!({"Order": order, "order_line": {"type": "integer"}})).unwrap();

        assert_eq!(
            selected["components"]["schemas"]["Order"]["properties"]["next"],
            reference("#/components/schemas/OrderLine2")
        );
    }

    #[test]
    fn a_dynamic_reference_to_one_anchor_is_a_reference() {
        let node = json!({"$dynamicAnchor": "node", "type": "object", "properties": {
            "children": {"type": "array", "items": {"$dynamicRef": "#node"}},
        }});

        let selected = selected(json!({"Order": node})).unwrap();

        assert_eq!(
            selected["components"]["schemas"]["Order"]["properties"]["children"]["items"],
            reference("#/components/schemas/Order")
        );
    }

    #[test]
    fn what_leads_to_no_schema_says_why() {
        let cases = [
            ("#/$defs/gone", "leads nowhere"),
            (
                "#/paths/~1orders/get",
                "leads to something that is no schema",
            ),
            (
                "#/components/schemas/Order/required",
                "leads to something that is no schema",
            ),
            ("#twice", "names an anchor that several schemas have"),
        ];
        for (text, expected) in cases {
            let order = json!({"type": "object", "required": [], "properties": {
                "a": reference(text), "b": {"$anchor": "twice"}, "c": {"$anchor": "twice"},
            }});
            let error = selected(json!({"Order": order})).unwrap_err();
            assert!(
                error.contains(expected)
                    && error.contains("/components/schemas/Order/properties/a"),
                "{error}"
            );
        }
    }
}
