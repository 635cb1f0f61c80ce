//! Compares named schemas. Each is a Rust type and is compared once, with all its directions.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{
    change::Direction,
    comparison::{Comparison, Pair, Place},
    rules::{TYPE_ADDED, TYPE_REMOVED, TYPE_RENAMED},
    schema,
};
use crate::{
    reference::{component_name, reference_to},
    schema::only,
    tree::{entries, schemas},
};

/// Compares `components/schemas`.
pub(super) fn compare(comparison: &mut Comparison<'_>) {
    let schemas = comparison.documents.at("components").at("schemas");
    comparison.renamed = renamed(schemas);
    let new_names: BTreeSet<String> = comparison.renamed.values().cloned().collect();
    let (old, mut directions) = comparison.documents.map(directions);
    for (name, direction) in old {
        let name = comparison.renamed.get(&name).cloned().unwrap_or(name);
        let known = directions.entry(name).or_insert(direction);
        *known = known.and(direction);
    }
    for name in schemas.keys() {
        let pair = schemas.at(name);
        let new_name = comparison.renamed.get(name).cloned();
        let direction = directions.get(new_name.as_deref().unwrap_or(name)).copied();
        let place = Place::new(direction, name);
        match (pair.old.is_null(), pair.new.is_null()) {
            (false, _) if new_name.is_some() => {
                let (old, new) = (&json!(name), &json!(new_name));
                comparison.replaced(&place, &TYPE_RENAMED, "", Pair::of(old, new));
            }
            (false, false) => schema::compare(comparison, &place, pair),
            (false, true) => comparison.add(&place, &TYPE_REMOVED),
            (true, _) if new_names.contains(name) => {}
            (true, _) => comparison.add(&place, &TYPE_ADDED),
        }
    }
}

/// Returns a map from the old to the new names of schemas that changed only their name.
///
/// References between renamed schemas are compared by the new names. If several new schemas equal a
/// removed schema, it counts as removed, because the new name is ambiguous.
fn renamed(schemas: Pair<'_>) -> BTreeMap<String, String> {
    let only = |this: &Value, other: &Value| -> BTreeMap<String, String> {
        let names = this.as_object().into_iter().flatten();
        let names = names.filter(|(name, _)| other.get(name).is_none());
        names
            .map(|(name, _)| (name.clone(), String::new()))
            .collect()
    };
    let (old, new) = (schemas.old, schemas.new);
    let (removed, added) = (only(old, new), only(new, old));
    let mut found = BTreeMap::new();
    for name in removed.keys() {
        let before = with_names(&old[name], &removed);
        let mut candidates = added
            .keys()
            .filter(|other| with_names(&new[*other], &added) == before);
        if let (Some(other), None) = (candidates.next(), candidates.next())
            && !found.values().any(|taken| taken == other)
        {
            found.insert(name.clone(), other.clone());
        }
    }
    loop {
        let mut equal = found.clone();
        equal.retain(|before, after| with_names(&old[before], &found) == new[after.as_str()]);
        if equal.len() == found.len() {
            return found;
        }
        found = equal;
    }
}

/// Returns a schema in which the references have the new names.
fn with_names(value: &Value, names: &BTreeMap<String, String>) -> Value {
    match value {
        Value::Object(map) => {
            let replaced = map.iter().map(|(key, value)| {
                let name = value.as_str().and_then(component_name);
                let new_name = name.and_then(|name| names.get(&name));
                let value = match new_name.filter(|_| key == "$ref") {
                    Some(name) => json!(reference_to(name)),
                    None => with_names(value, names),
                };
                (key.clone(), value)
            });
            Value::Object(replaced.collect())
        }
        Value::Array(items) => items.iter().map(|item| with_names(item, names)).collect(),
        other => other.clone(),
    }
}

/// Returns for each named schema whether requests, responses or both use it.
fn directions(document: &Value) -> BTreeMap<String, Direction> {
    let mut found: BTreeMap<String, Direction> = BTreeMap::new();
    for (part, direction) in [
        ("parameters", Direction::Request),
        ("requestBody", Direction::Request),
        ("responses", Direction::Response),
    ] {
        let document = only(document, part);
        for (name, _) in entries(schemas(&document)) {
            let known = found.entry(name.clone()).or_insert(direction);
            *known = known.and(direction);
        }
    }
    found
}
