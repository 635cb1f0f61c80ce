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
