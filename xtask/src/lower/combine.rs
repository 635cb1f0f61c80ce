//! Rules for lists of types, unions and nullability.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::{
    keywords::{AppliesTo, KEYWORDS, Keyword},
    reference::{Pointer, reference_to},
    tree::{self, Kind},
};

type Object = Map<String, Value>;

/// Returns whether a keyword that constrains instances of one type constrains `type_name`.
pub(super) fn concerns(applies_to: AppliesTo, type_name: &str) -> bool {
    match applies_to {
        AppliesTo::All => true,
        AppliesTo::Array => type_name == "array",
        AppliesTo::Number => matches!(type_name, "number" | "integer"),
        AppliesTo::Object => type_name == "object",
        AppliesTo::Text => type_name == "string",
    }
}

/// Returns the schema that allows only null.
pub(super) fn null() -> Object {
    Map::from_iter([
        ("enum".to_owned(), json!([null])),
        ("nullable".to_owned(), json!(true)),
    ])
}

/// Removes keywords that have no effect on values of the schema's type.
pub(super) fn foreign_keywords(schema: &mut Object) {
    let Some(Value::String(name)) = schema.get("type") else {
        return;
    };
    let name = name.clone();
    for keyword in of_one_type() {
        // The rule `format` notes an unknown format.
        if keyword.name != "format" && !concerns(keyword.applies_to, &name) {
            schema.remove(keyword.name);
        }
    }
}

/// Returns the keywords that constrain the instances of one type only.
pub(super) fn of_one_type() -> impl Iterator<Item = &'static Keyword> {
    KEYWORDS
        .iter()
        .filter(|keyword| keyword.applies_to != AppliesTo::All)
}

/// Replaces null members of unions by `nullable`, and unions with one member by the member.
pub(super) fn unions(schema: &mut Object) {
    for key in ["anyOf", "oneOf"] {
        let Some(Value::Array(members)) = schema.get_mut(key) else {
            continue;
        };
        let before = members.len();
        if before == 0 {
            continue;
        }
        members.retain(|member| !is_null(member));
        let mut nullable = members.len() < before;
        for member in members.iter_mut().filter_map(Value::as_object_mut) {
            if member.get("nullable") == Some(&json!(true)) {
                nullable = true;
                member.remove("nullable");
                unwrap_single(member, "allOf");
            }
        }
        let mut distinct: Vec<Value> = Vec::with_capacity(members.len());
        for member in members.drain(..) {
            if !distinct.contains(&member) {
                distinct.push(member);
            }
        }
        *members = distinct;
        if members.is_empty() {
            *schema = null();
            return;
        }
        if nullable {
            schema.insert("nullable".to_owned(), json!(true));
        }
        unwrap_single(schema, key);
    }
    unwrap_single(schema, "allOf");
}

/// Whether a schema allows null and nothing else.
fn is_null(schema: &Value) -> bool {
    schema.as_object().is_some_and(|schema| *schema == null())
}

/// Replaces a combination with one member by the member, and keeps the keywords beside it.
pub(super) fn unwrap_single(schema: &mut Object, key: &str) {
    let Some(Value::Array(members)) = schema.get(key) else {
        return;
    };
    let [Value::Object(member)] = members.as_slice() else {
        return;
    };
    let member = member.clone();
    let clash = member
        .keys()
        .any(|inner| inner != key && schema.contains_key(inner));
    if member.contains_key("$ref") {
        schema.remove(key);
        if schema.is_empty() {
            *schema = member;
        } else {
            let all = schema.entry("allOf").or_insert_with(|| json!([]));
            if let Value::Array(all) = all {
                all.insert(0, Value::Object(member));
            }
        }
    } else if !clash {
        schema.remove(key);
        schema.extend(member);
    }
}

/// Moves `nullable` from component schemas to the references to them.
///
/// Progenitor would generate two types with the same name for a nullable component schema.
pub(super) fn lift_nullable_components(document: &mut Value) {
    let mut lifted = BTreeSet::new();
    // A schema that refers to a moved one can become nullable too, so this repeats.
    loop {
        let Some(Value::Object(schemas)) = document.pointer_mut("/components/schemas") else {
            return;
        };
        let mut moved = BTreeSet::new();
        for (name, schema) in schemas.iter_mut() {
            let Value::Object(schema) = schema else {
                continue;
            };
            if *schema != null() && schema.get("nullable") == Some(&json!(true)) {
                schema.remove("nullable");
                unwrap_single(schema, "allOf");
                moved.insert(reference_to(name));
            }
        }
        if moved.is_empty() {
            return;
        }
        tree::inside_out(
            document,
            Kind::Document,
            &mut Pointer::root(),
            &mut |kind, _, value| {
                let (Kind::Schema, Value::Object(schema)) = (kind, value) else {
                    return;
                };
                let hit = schema
                    .get("$ref")
                    .and_then(Value::as_str)
                    .is_some_and(|text| moved.contains(text));
                if hit {
                    let reference = Value::Object(std::mem::take(schema));
                    schema.insert("allOf".to_owned(), json!([reference]));
                    schema.insert("nullable".to_owned(), json!(true));
                }
                unions(schema);
            },
        );
        if !moved.iter().any(|name| lifted.insert(name.clone())) {
            return;
        }
    }
}
