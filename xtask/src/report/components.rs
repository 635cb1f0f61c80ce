//! Compares named schemas. Each named schema is a Rust type, and is compared once for all
//! directions in which it is used.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    comparison::{Comparison, Pair, Place},
    rules::{Direction, TYPE_ADDED, TYPE_REMOVED, TYPE_RENAMED},
    schema,
};
use crate::{
    reference::{component_name, reference_to},
    schema::only,
    tree::{self, Kind, entries, schemas, text},
};

/// Compares `components/schemas`.
pub(super) fn compare(comparison: &mut Comparison<'_>) {
    let schemas = comparison.documents.at("components").at("schemas");
    comparison.renamed = renamed(schemas);
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
        match pair.map(Value::is_null) {
            (false, _) if new_name.is_some() => {
                let (old, new) = (&json!(name), &json!(new_name));
                comparison.replaced(&place, &TYPE_RENAMED, "", Pair::of(old, new));
            }
            (false, false) => schema::compare(comparison, &place, pair),
            (false, true) => comparison.add(&place, &TYPE_REMOVED),
            (true, _) if comparison.renamed.values().any(|new| new == name) => {}
            (true, _) => comparison.add(&place, &TYPE_ADDED),
        }
    }
}

/// Returns a map from the old to the new names of schemas whose only change is the name.
///
/// References to renamed schemas are compared by the new names. If several new schemas equal one
/// removed schema, the removed schema counts as removed and not as renamed, because its new name is
/// ambiguous.
fn renamed(schemas: Pair<'_>) -> BTreeMap<String, String> {
    let only = |this: &Value, other: &Value| -> BTreeMap<String, String> {
        let names = entries(this).filter(|(name, _)| other.get(name).is_none());
        names
            .map(|(name, _)| (name.clone(), String::new()))
            .collect()
    };
    let (old, new) = (schemas.old, schemas.new);
    let (removed, added) = (only(old, new), only(new, old));
    let mut found = BTreeMap::new();
    for name in removed.keys() {
        let before = with_names(&old[name], &removed);
        let is_equal = |other: &&String| with_names(&new[*other], &added) == before;
        let mut candidates = added.keys().filter(is_equal);
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

/// Returns a copy of a schema in which references to the schemas in `names` have the new names.
fn with_names(schema: &Value, names: &BTreeMap<String, String>) -> Value {
    let mut schema = schema.clone();
    tree::references(&mut schema, Kind::Schema, &mut |_, reference| {
        let new = component_name(text(reference)).and_then(|name| names.get(&name));
        if let Some(new) = new {
            *reference = json!(reference_to(new));
        }
    });
    schema
}

/// Returns for each named schema whether requests, responses or both use it.
fn directions(document: &Value) -> BTreeMap<String, Direction> {
    let mut found: BTreeMap<String, Direction> = BTreeMap::new();
    for (part, direction) in [
        ("parameters", Direction::Request),
        ("requestBody", Direction::Request),
        ("responses", Direction::Response),
    ] {
        for (name, _) in entries(schemas(&only(document, part))) {
            let known = found.entry(name.clone()).or_insert(direction);
            *known = known.and(direction);
        }
    }
    found
}
