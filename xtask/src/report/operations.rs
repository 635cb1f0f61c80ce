//! Compares operations, which are matched by method and path, or else by `operationId`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{
    comparison::{Comparison, Pair, Place},
    rules::{self, Direction},
    values,
};
use crate::{
    schema::reachable,
    select::Request,
    tree::{self, Kind, elements, schemas, text},
};

/// Operations of two trimmed specs as `METHOD /path`.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Operations {
    /// Operations that were added.
    pub added: Vec<String>,
    /// Operations that were removed.
    pub removed: Vec<String>,
    /// Operations that differ, or that use a schema that differs.
    pub changed: Vec<String>,
}

struct Operation<'v> {
    request: Request,
    place: Place,
    value: &'v Value,
    /// Parameters of the operation and of its path. A key is the location and the name, such as
    /// `query limit`.
    parameters: BTreeMap<String, &'v Value>,
    /// Security of the operation, or that of the document.
    security: &'v Value,
}

/// Compares `paths`.
pub(super) fn compare(comparison: &mut Comparison<'_>) -> Operations {
    let (old, mut new) = comparison.documents.map(operations);
    let mut result = Operations::default();
    for (key, before) in &old {
        let id = before.value["operationId"].as_str();
        let has_same_id = |key: &&String| {
            id.is_some() && new[*key].value["operationId"].as_str() == id && !old.contains_key(*key)
        };
        let matching = new.keys().find(|other| *other == key);
        let Some(key) = matching.or_else(|| new.keys().find(has_same_id)).cloned() else {
            comparison.add(&before.place, &rules::OPERATION_REMOVED);
            result.removed.push(before.request.to_string());
            continue;
        };
        let known = comparison.changes.len();
        if let Some(after) = new.remove(&key) {
            operation(comparison, before, &after);
            if comparison.changes.len() > known || uses_changed(comparison, before, &after) {
                result.changed.push(after.request.to_string());
            }
        }
    }
    for after in new.values() {
        comparison.add(&after.place, &rules::OPERATION_ADDED);
        result.added.push(after.request.to_string());
    }
    result
}

fn operation(comparison: &mut Comparison<'_>, old: &Operation<'_>, new: &Operation<'_>) {
    let place = &new.place;
    if key(&old.request) != key(&new.request) {
        let (old, new) = (
            &json!(old.request.to_string()),
            &json!(new.request.to_string()),
        );
        comparison.replaced(place, &rules::OPERATION_MOVED, "", Pair::of(old, new));
    }
    let value = Pair::of(old.value, new.value);
    let (old_id, new_id) = value.at("operationId").map(text);
    if old_id != new_id {
        comparison
            .renamed_operations
            .insert(old_id.to_owned(), new_id.to_owned());
    }
    parameters(comparison, &place.with(Direction::Request), old, new);
    security(comparison, place, Pair::of(old.security, new.security));
    values::compare(comparison, Kind::Operation, place, value);
}

/// Compares security requirements, which are lists of alternatives.
fn security(comparison: &mut Comparison<'_>, place: &Place, pair: Pair<'_>) {
    if pair.is_equal() {
        return;
    }
    let (old, new) = pair.map(|value| elements(value).collect::<Vec<_>>());
    let is_open = |list: &[&Value]| list.is_empty() || list.contains(&&json!({}));
    let rule = match (is_open(&old), is_open(&new)) {
        (true, true) => &rules::KEY_NOT_NEEDED,
        (false, true) => &rules::KEY_NO_LONGER_NEEDED,
        (false, false) if old.iter().all(|key| new.contains(key)) => &rules::KEY_ALTERNATIVE,
        _ => &rules::KEY_REFUSED,
    };
    comparison.replaced(place, rule, "", pair);
}

fn parameters(
    comparison: &mut Comparison<'_>,
    place: &Place,
    old: &Operation<'_>,
    new: &Operation<'_>,
) {
    let (mut before, mut after) = (old.parameters.clone(), new.parameters.clone());
    for (from, to) in renamed_path_parameters(&old.request.path, &new.request.path) {
        if let Some(value) = before.remove(&format!("path {from}")) {
            before.insert(format!("path {to}"), value);
            let place = place.inside(format!(", path {to}"));
            let (old, new) = (&json!(from), &json!(to));
            let pair = Pair::of(old, new);
            comparison.replaced(&place, &rules::PATH_PARAMETER_RENAMED, "", pair);
        }
    }
    let names: BTreeSet<String> = before.keys().chain(after.keys()).cloned().collect();
    for name in names {
        let place = place.inside(format!(", {name}"));
        let rule = match (before.remove(&name), after.remove(&name)) {
            (Some(old), Some(new)) => {
                values::compare(comparison, Kind::Parameter, &place, Pair::of(old, new));
                continue;
            }
            (Some(_), None) => &rules::PARAMETER_REMOVED,
            (None, Some(new)) if new["required"] == true => &rules::PARAMETER_REQUIRED,
            (None, _) => &rules::PARAMETER_ADDED,
        };
        comparison.add(&place, rule);
    }
}

/// Returns the old and new names of renamed path parameters.
fn renamed_path_parameters<'v>(old: &'v str, new: &'v str) -> Vec<(&'v str, &'v str)> {
    let name = |segment: &'v str| segment.strip_prefix('{')?.strip_suffix('}');
    let segments = old.split('/').zip(new.split('/'));
    let names = segments.filter_map(|(old, new)| name(old).zip(name(new)));
    names.filter(|(old, new)| old != new).collect()
}

fn operations(document: &Value) -> BTreeMap<String, Operation<'_>> {
    let found = tree::operations(document).map(|(at, value)| {
        let [path, method] = [1, 2].map(|index| at.keys()[index].clone());
        let shared = elements(&document["paths"][&path]["parameters"]);
        let parameters = shared
            .chain(elements(&value["parameters"]))
            .map(|parameter| {
                let (place, name) = (text(&parameter["in"]), text(&parameter["name"]));
                (format!("{place} {name}"), parameter)
            });
        let request = Request { method, path };
        let operation = Operation {
            place: Place::new(None, request.to_string()),
            request,
            value,
            parameters: parameters.collect(),
            security: value.get("security").unwrap_or(&document["security"]),
        };
        (key(&operation.request), operation)
    });
    found.collect()
}

/// Returns method and path without parameter names, which are not part of requests.
fn key(Request { method, path }: &Request) -> String {
    let segments = path
        .split('/')
        .map(|segment| match segment.starts_with('{') {
            true => "{}",
            false => segment,
        });
    format!("{} {method}", segments.collect::<Vec<_>>().join("/"))
}

/// Returns whether an operation uses a schema that differs, directly or through other schemas.
fn uses_changed(comparison: &Comparison<'_>, old: &Operation<'_>, new: &Operation<'_>) -> bool {
    let reached = |document, value| reachable(schemas(document), value, Kind::Operation);
    let (before, after) = (comparison.documents.old, comparison.documents.new);
    let names = &reached(before, old.value) | &reached(after, new.value);
    comparison.changes.iter().any(|change| {
        let name = change.location.split(['.', '[', ' ']).next();
        name.is_some_and(|name| names.contains(name))
    })
}
