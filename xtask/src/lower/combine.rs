//! Rules for lists of types, unions and nullability.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::{
    keywords::{AppliesTo, KEYWORDS, Keyword},
    reference::reference_to,
    tree::{self, Kind},
};

type Object = Map<String, Value>;

/// Returns whether a keyword has an effect on instances of `type_name`.
fn concerns(applies_to: AppliesTo, type_name: &str) -> bool {
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

/// Replaces a list of types by a union, and null in the list by `nullable`.
///
/// `lower` is called for the members of the union, because the traversal does not visit new values.
pub(super) fn type_array(schema: &mut Object, lower: &mut dyn FnMut(&mut Value)) {
    let Some(Value::Array(types)) = schema.get("type") else {
        return;
    };
    let mut types: Vec<Value> = types.clone();
    types.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
    types.dedup();
    if types.len() > 1 && types.contains(&json!("null")) {
        types.retain(|name| name != "null");
        schema.insert("nullable".to_owned(), json!(true));
    }
    if types.contains(&json!("number")) {
        // Every integer is a number.
        types.retain(|name| name != "integer");
    }
    if let [one] = types.as_slice() {
        schema.insert("type".to_owned(), one.clone());
        return;
    }
    schema.remove("type");
    if types.is_empty() || schema.contains_key("enum") {
        return;
    }
    let members = types
        .iter()
        .map(|name| {
            let mut member = Map::from_iter([("type".to_owned(), name.clone())]);
            let own = of_one_type().filter(|keyword| {
                name.as_str()
                    .is_some_and(|name| concerns(keyword.applies_to, name))
            });
            member.extend(own.filter_map(|keyword| {
                Some((keyword.name.to_owned(), schema.get(keyword.name)?.clone()))
            }));
            let mut member = Value::Object(member);
            lower(&mut member);
            member
        })
        .collect::<Vec<_>>();
    for keyword in of_one_type() {
        schema.remove(keyword.name);
    }
    let members = json!({ "anyOf": members });
    if schema.contains_key("anyOf") {
        let all = schema.entry("allOf").or_insert_with(|| json!([]));
        if let Value::Array(all) = all {
            all.push(members);
        }
    } else if let Value::Object(members) = members {
        schema.extend(members);
    }
}

/// Removes keywords that do not apply to the type of the schema.
pub(super) fn foreign_keywords(schema: &mut Object) {
    let Some(Value::String(name)) = schema.get("type") else {
        return;
    };
    let name = name.clone();
    for keyword in of_one_type() {
        // The rule for `format` reports a format of another type.
        if keyword.name != "format" && !concerns(keyword.applies_to, &name) {
            schema.remove(keyword.name);
        }
    }
}

/// Returns the keywords that have an effect on one type only.
fn of_one_type() -> impl Iterator<Item = &'static Keyword> {
    KEYWORDS
        .iter()
        .filter(|keyword| keyword.applies_to != AppliesTo::All)
}

/// Replaces null in unions by `nullable`, and unions of one schema by that schema.
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

/// Returns whether a schema allows only null.
fn is_null(schema: &Value) -> bool {
    schema.as_object().is_some_and(|schema| *schema == null())
}

/// Replaces an `allOf`, `oneOf` or `anyOf` with one entry by the entry, and merges it with its
/// siblings.
pub(super) fn unwrap_single(schema: &mut Object, key: &str) {
    let Some(Value::Array(members)) = schema.get(key) else {
        return;
    };
    let [Value::Object(member)] = members.as_slice() else {
        return;
    };
    let member = member.clone();
    let conflict = member
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
    } else if !conflict {
        schema.remove(key);
        schema.extend(member);
    }
}

/// Moves `nullable` from named schemas to the references to them.
///
/// Progenitor generates two types with the same name for a named schema that is nullable.
pub(super) fn lift_nullable_components(document: &mut Value) {
    let mut lifted = BTreeSet::new();
    // A schema can become nullable through a reference, so the loop runs until nothing changes.
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
        tree::inside_out(document, &mut |kind, _, value| {
            let (Kind::Schema, Value::Object(schema)) = (kind, value) else {
                return;
            };
            let is_moved = schema
                .get("$ref")
                .and_then(Value::as_str)
                .is_some_and(|text| moved.contains(text));
            if is_moved {
                let reference = Value::Object(std::mem::take(schema));
                schema.insert("allOf".to_owned(), json!([reference]));
                schema.insert("nullable".to_owned(), json!(true));
            }
            unions(schema);
        });
        if !moved.iter().any(|name| lifted.insert(name.clone())) {
            return;
        }
    }
}
