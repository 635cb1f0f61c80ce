//! Named schemas: each becomes a type of the client, and is compared once, by the ways it travels.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::change::Direction;
use super::change::Grade::{Major, Minor};
use super::comparison::{Comparison, Place, at, keys, resolve, schema_name};
use super::schema;

/// Compares `components/schemas`.
pub(super) fn compare(comparison: &mut Comparison<'_>) {
    let (old, new) = (schemas(comparison.old), schemas(comparison.new));
    let mut directions = reach(comparison.old);
    for (name, direction) in reach(comparison.new) {
        let name = comparison.old_name(&name).to_owned();
        directions
            .entry(name)
            .and_modify(|known| *known = known.and(direction))
            .or_insert(direction);
    }
    for name in keys(old, new) {
        let place = Place::new(directions.get(name).copied(), name);
        let renamed = comparison.renamed.get(name).cloned();
        match (old.get(name), new.get(name), renamed) {
            (Some(_), _, Some(new_name)) => {
                let what = format!("the type is called `{new_name}` now");
                comparison.add(
                    &place,
                    Major,
                    what,
                    "code that names it does not compile, though nothing changed on the wire",
                );
            }
            (Some(old), Some(new), None) => schema::compare(comparison, &place, old, new),
            (Some(_), None, None) => {
                comparison.add(
                    &place,
                    Major,
                    "the type is gone",
                    "code that names it does not compile",
                );
            }
            (None, _, _) if comparison.old_name(name) != name => {}
            (None, _, _) => {
                comparison.add(&place, Minor, "the type is new", "nothing names it yet")
            }
        }
    }
}

/// Finds schemas of which only the name changed: what refers to them is unchanged then.
pub(super) fn find_renamed(comparison: &mut Comparison<'_>) {
    let (old, new) = (schemas(comparison.old), schemas(comparison.new));
    let mut added: Vec<&str> = keys(old, new)
        .into_iter()
        .filter(|name| old.get(name).is_none())
        .collect();
    for name in keys(old, new) {
        let (Some(before), None) = (old.get(name), new.get(name)) else {
            continue;
        };
        let same = |other: &&str| new.get(other) == Some(before);
        let mut candidates = added.iter().copied().filter(same);
        // Two equal candidates leave open which one it is: then it is gone, and they are new.
        if let (Some(other), None) = (candidates.next(), candidates.next()) {
            added.retain(|added| *added != other);
            comparison.renamed.insert(name.to_owned(), other.to_owned());
        }
    }
}

impl Comparison<'_> {
    /// The old name of a schema that has a new one.
    fn old_name<'n>(&'n self, name: &'n str) -> &'n str {
        self.renamed
            .iter()
            .find(|(_, new)| *new == name)
            .map_or(name, |(old, _)| old.as_str())
    }
}

fn schemas(document: &Value) -> &Value {
    at(at(document, "components"), "schemas")
}

/// The named schemas that these parts of a document reach.
pub(super) fn named_by<'v>(
    document: &'v Value,
    parts: impl IntoIterator<Item = &'v Value>,
) -> BTreeSet<&'v str> {
    let mut open: Vec<&Value> = parts.into_iter().collect();
    let mut seen = BTreeSet::new();
    while let Some(value) = open.pop() {
        if let Some(reference) = value.get("$ref").and_then(Value::as_str)
            && seen.insert(reference)
        {
            open.push(resolve(document, value));
        }
        match value {
            Value::Array(items) => open.extend(items),
            // An example is no schema, whatever it looks like.
            Value::Object(map) => {
                let schemas = map
                    .iter()
                    .filter(|(key, _)| !matches!(key.as_str(), "example" | "examples"));
                open.extend(schemas.map(|(_, value)| value));
            }
            _ => {}
        }
    }
    seen.into_iter()
        .filter(|reference| reference.starts_with("#/components/schemas/"))
        .map(schema_name)
        .collect()
}

/// Which ways each named schema travels.
fn reach(document: &Value) -> BTreeMap<String, Direction> {
    let mut found: BTreeMap<String, Direction> = BTreeMap::new();
    let mut add = |part, direction: Direction| {
        for name in named_by(document, [part]) {
            let known = found.entry(name.to_owned()).or_insert(direction);
            *known = known.and(direction);
        }
    };
    let items = at(document, "paths")
        .as_object()
        .into_iter()
        .flat_map(|paths| paths.values());
    for (key, part) in items.filter_map(Value::as_object).flatten() {
        if key == "parameters" {
            add(part, Direction::Request);
            continue;
        }
        add(at(part, "parameters"), Direction::Request);
        add(at(part, "requestBody"), Direction::Request);
        add(at(part, "responses"), Direction::Response);
    }
    found
}
