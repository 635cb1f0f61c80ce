//! Rules for lists of types, unions and nullability.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::Object;
use crate::{
    keywords,
    reference::reference_to,
    tree::{self, Kind, text},
};

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
    let mut types: BTreeSet<String> = types.iter().map(|name| text(name).to_owned()).collect();
    if types.len() > 1 && types.remove("null") {
        schema.insert("nullable".to_owned(), json!(true));
    }
    if types.contains("number") {
        // Every integer is a number.
        types.remove("integer");
    }
    if types.len() == 1 {
        schema.insert("type".to_owned(), json!(types.first()));
        return;
    }
    schema.remove("type");
    if schema.contains_key("enum") {
        return;
    }
    let (own, rest): (Object, Object) = std::mem::take(schema)
        .into_iter()
        .partition(|(key, _)| is_of_one_type(key));
    *schema = rest;
    let members = types.into_iter().map(|name| {
        let mut member = own.clone();
        member.insert("type".to_owned(), json!(name));
        member.retain(|key, _| applies(key, &name));
        let mut member = Value::Object(member);
        lower(&mut member);
        member
    });
    let members: Value = members.collect();
    if schema.contains_key("anyOf") {
        let all = schema.entry("allOf").or_insert_with(|| json!([]));
        if let Value::Array(all) = all {
            all.push(json!({ "anyOf": members }));
        }
    } else {
        schema.insert("anyOf".to_owned(), members);
    }
}

/// Removes keywords that do not apply to the type of the schema.
pub(super) fn foreign_keywords(schema: &mut Object) {
    if let Some(Value::String(name)) = schema.get("type") {
        let name = name.clone();
        // The rule for `format` reports a format that does not apply to the type.
        schema.retain(|key, _| key == "format" || applies(key, &name));
    }
}

/// Returns whether a keyword has an effect on instances of one type only.
fn is_of_one_type(key: &str) -> bool {
    keywords::find(key).is_some_and(|keyword| !keyword.types.is_empty())
}

/// Returns whether a keyword has an effect on instances of a type.
fn applies(key: &str, type_name: &str) -> bool {
    !is_of_one_type(key) || keywords::find(key).is_some_and(|row| row.types.contains(&type_name))
}

/// Returns a schema that allows each value that at least one member allows.
pub(super) fn any_of(members: impl Iterator<Item = Value>) -> Value {
    let mut schema = Map::from_iter([("anyOf".to_owned(), members.collect())]);
    unions(&mut schema);
    Value::Object(schema)
}

/// Replaces null in unions by `nullable`, and unions of one schema by that schema.
pub(super) fn unions(schema: &mut Object) {
    for key in ["anyOf", "oneOf"] {
        let Some(Value::Array(members)) = schema.get_mut(key) else {
            continue;
        };
        let mut is_nullable = false;
        let mut distinct = Vec::with_capacity(members.len());
        for mut member in std::mem::take(members) {
            if let Value::Object(member) = &mut member
                && member.get("nullable") == Some(&json!(true))
            {
                is_nullable = true;
                member.remove("nullable");
                unwrap_single(member, "allOf");
            }
            if member != json!({"enum": [null]}) && !distinct.contains(&member) {
                distinct.push(member);
            }
        }
        if is_nullable && distinct.is_empty() {
            *schema = null();
            return;
        }
        *members = distinct;
        if is_nullable {
            schema.insert("nullable".to_owned(), json!(true));
        }
        unwrap_single(schema, key);
    }
    unwrap_single(schema, "allOf");
}

/// Replaces an `allOf`, `oneOf` or `anyOf` that has only one entry by that entry, and merges the
/// entry with the sibling keywords.
pub(super) fn unwrap_single(schema: &mut Object, key: &str) {
    let Some(Value::Array(members)) = schema.get(key) else {
        return;
    };
    let [Value::Object(member)] = members.as_slice() else {
        return;
    };
    let member = member.clone();
    let conflicts = |(inner, value): (&String, &Value)| {
        inner != key && schema.get(inner).is_some_and(|own| own != value)
    };
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
    } else if !member.iter().any(conflicts) {
        schema.remove(key);
        schema.extend(member);
    }
}

/// Moves `nullable` from named schemas to the references to them.
///
/// Progenitor generates two types with the same name for a named schema that is nullable.
pub(super) fn lift_nullable_components(document: &mut Value) {
    // A schema can become nullable through a reference, so the loop runs until no schema is nullable.
    // It ends, because no schema is an alias of itself.
    loop {
        let Some(Value::Object(schemas)) = document.pointer_mut("/components/schemas") else {
            return;
        };
        let mut moved = BTreeSet::new();
        for (name, schema) in schemas.iter_mut() {
            if let Value::Object(schema) = schema
                && *schema != null()
                && schema.get("nullable") == Some(&json!(true))
            {
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
            let reference = schema.get("$ref").and_then(Value::as_str);
            if reference.is_some_and(|text| moved.contains(text)) {
                let reference = Value::Object(std::mem::take(schema));
                schema.insert("allOf".to_owned(), json!([reference]));
                schema.insert("nullable".to_owned(), json!(true));
            }
            unions(schema);
        });
    }
}
