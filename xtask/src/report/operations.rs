//! Compares operations, which are matched by method and path, or else by `operationId`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{
    change::Direction::{Request, Response},
    comparison::{Comparison, Pair, Place, at},
    rules, schema,
};
use crate::{
    schema::reachable,
    tree::{Kind, METHODS, entries, schemas},
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

#[derive(Clone, Copy)]
struct Operation<'v> {
    path: &'v str,
    method: &'v str,
    item: &'v Value,
    value: &'v Value,
}

/// Compares `paths`.
pub(super) fn compare(comparison: &mut Comparison<'_>) -> Operations {
    let (old, new) = comparison.documents.map(operations);
    let mut result = Operations::default();
    let mut unmatched = new.clone();
    for (key, before) in &old {
        let by_id = || {
            new.iter()
                .find(|(key, after)| !old.contains_key(*key) && same_id(before, after))
        };
        let Some((key, after)) = new.get_key_value(key).or_else(by_id) else {
            comparison.add(&before.place(), &rules::OPERATION_REMOVED);
            result.removed.push(before.name());
            continue;
        };
        unmatched.remove(key);
        let known = comparison.changes.len();
        operation(comparison, before, after);
        if comparison.changes.len() > known || uses_changed(comparison, before, after) {
            result.changed.push(after.name());
        }
    }
    for after in unmatched.values() {
        comparison.add(&after.place(), &rules::OPERATION_ADDED);
        result.added.push(after.name());
    }
    result
}

fn operation<'v>(comparison: &mut Comparison<'v>, old: &Operation<'v>, new: &Operation<'v>) {
    let place = &new.place();
    if old.key() != new.key() {
        let (old, new) = (&json!(old.name()), &json!(new.name()));
        comparison.replaced(place, &rules::OPERATION_MOVED, "", Pair::of(old, new));
    }
    let request = place.with(Request);
    parameters(comparison, &request, old, new);
    security(
        comparison,
        place,
        Pair::of(
            old.security(comparison.documents.old),
            new.security(comparison.documents.new),
        ),
    );
    let pair = Pair::of(old.value, new.value);
    comparison.members(place, pair, |comparison, key, pair| {
        match key {
            // Compared above.
            "parameters" | "security" => {}
            "requestBody" => body(comparison, &request.inside(", body"), pair),
            "responses" => responses(comparison, &place.with(Response), pair),
            "operationId" => {
                comparison.replaced(place, &rules::OPERATION_RENAMED, key, pair);
                let (old, new) = pair.map(|id| id.as_str().unwrap_or_default().to_owned());
                comparison.renamed_operations.insert(old, new);
            }
            _ => return false,
        }
        true
    });
}

/// Compares security requirements, which are lists of alternatives.
fn security(comparison: &mut Comparison<'_>, place: &Place, pair: Pair<'_>) {
    if pair.is_equal() {
        return;
    }
    let (old, new) = pair.map(|value| value.as_array().cloned().unwrap_or_default());
    let is_open = |list: &[Value]| list.is_empty() || list.contains(&json!({}));
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
    let (mut before, mut after) = (old.parameters(), new.parameters());
    for (from, to) in renamed_path_parameters(old.path, new.path) {
        if let Some(value) = before.remove(&format!("path {from}")) {
            let place = place.inside(format!(", path {to}"));
            let (old, new) = (&json!(from), &json!(to));
            comparison.replaced(
                &place,
                &rules::PATH_PARAMETER_RENAMED,
                "",
                Pair::of(old, new),
            );
            before.insert(format!("path {to}"), value);
        }
    }
    let names: BTreeSet<String> = before.keys().chain(after.keys()).cloned().collect();
    for name in names {
        let place = place.inside(format!(", {name}"));
        match (before.remove(&name), after.remove(&name)) {
            (Some(old), Some(new)) => parameter(comparison, &place, Pair::of(old, new)),
            (Some(_), None) => comparison.add(&place, &rules::PARAMETER_REMOVED),
            (None, Some(new)) if at(new, "required") == &json!(true) => {
                comparison.add(&place, &rules::PARAMETER_REQUIRED);
            }
            (None, _) => comparison.add(&place, &rules::PARAMETER_ADDED),
        }
    }
}

fn parameter(comparison: &mut Comparison<'_>, place: &Place, parameter: Pair<'_>) {
    comparison.members(place, parameter, |comparison, key, pair| {
        match key {
            // `in` and `name` are the key by which parameters are matched.
            "in" | "name" => {}
            "required" => requiredness(comparison, place, parameter),
            "schema" if pair.old.is_object() && pair.new.is_object() => {
                schema::compare(comparison, place, pair);
            }
            "allowEmptyValue" | "allowReserved" | "explode" | "style" => {
                comparison.replaced(place, &rules::PARAMETER_FORM, key, pair);
            }
            _ => return false,
        }
        true
    });
}

fn requiredness(comparison: &mut Comparison<'_>, place: &Place, pair: Pair<'_>) {
    match pair.flags("required") {
        (false, true) => comparison.add(place, &rules::BECAME_REQUIRED),
        (true, false) => comparison.add(place, &rules::BECAME_OPTIONAL),
        _ => {}
    }
}

fn body(comparison: &mut Comparison<'_>, place: &Place, body: Pair<'_>) {
    match (body.old.is_null(), body.new.is_null()) {
        (true, _) if body.flags("required").1 => comparison.add(place, &rules::BODY_REQUIRED),
        (true, _) => comparison.add(place, &rules::BODY_ADDED),
        (false, true) => comparison.add(place, &rules::BODY_REMOVED),
        (false, false) => comparison.members(place, body, |comparison, key, pair| {
            match key {
                "required" if body.flags(key) == (true, false) => {
                    comparison.add(place, &rules::BODY_OPTIONAL);
                }
                "required" => requiredness(comparison, place, body),
                "content" => content(comparison, place, pair),
                _ => return false,
            }
            true
        }),
    }
}

fn content(comparison: &mut Comparison<'_>, place: &Place, pair: Pair<'_>) {
    comparison.entries(
        |media| place.inside(format!(" {media}")),
        pair,
        (&rules::MEDIA_REMOVED, &rules::MEDIA_ADDED),
        with_schema,
    );
}

/// Compares objects with a schema, such as media types and headers.
fn with_schema(comparison: &mut Comparison<'_>, place: &Place, holder: Pair<'_>) {
    comparison.members(place, holder, |comparison, key, pair| {
        match key {
            "required" => requiredness(comparison, place, holder),
            "schema" if pair.old.is_object() && pair.new.is_object() => {
                schema::compare(comparison, place, pair);
            }
            _ => return false,
        }
        true
    });
}

fn responses(comparison: &mut Comparison<'_>, place: &Place, responses: Pair<'_>) {
    let is_success = |status: &str| status.starts_with('2');
    for status in responses.keys() {
        let (place, pair) = (
            place.inside(format!(", response {status}")),
            responses.at(status),
        );
        match (pair.old.is_null(), pair.new.is_null()) {
            (false, false) => response(comparison, &place, pair),
            _ if !is_success(status) => comparison.add(&place, &rules::ERROR_STATUS),
            (false, true) => comparison.add(&place, &rules::STATUS_REMOVED),
            (true, _) => {
                let mut others = entries(responses.old);
                let same_content = others.all(|(status, other)| {
                    !is_success(status) || at(other, "content") == at(pair.new, "content")
                });
                let rule = if same_content {
                    &rules::STATUS_ADDED
                } else {
                    &rules::STATUS_CONTENT
                };
                comparison.add(&place, rule);
            }
        }
    }
}

fn response(comparison: &mut Comparison<'_>, place: &Place, pair: Pair<'_>) {
    comparison.members(place, pair, |comparison, key, pair| {
        match key {
            "content" => content(comparison, place, pair),
            "headers" => comparison.entries(
                |name| place.inside(format!(", header {name}")),
                pair,
                (&rules::HEADER_REMOVED, &rules::HEADER_ADDED),
                with_schema,
            ),
            _ => return false,
        }
        true
    });
}

/// Returns the old and new names of renamed path parameters.
fn renamed_path_parameters(old: &str, new: &str) -> Vec<(String, String)> {
    let name = |segment: &str| {
        segment
            .strip_prefix('{')
            .and_then(|rest| rest.strip_suffix('}'))
            .map(str::to_owned)
    };
    old.split('/')
        .zip(new.split('/'))
        .filter_map(|(old, new)| name(old).zip(name(new)))
        .filter(|(old, new)| old != new)
        .collect()
}

fn operations(document: &Value) -> BTreeMap<String, Operation<'_>> {
    let mut found = BTreeMap::new();
    for (path, item) in entries(at(document, "paths")) {
        for method in METHODS {
            if let Some(value) = item.get(method) {
                let operation = Operation {
                    path,
                    method,
                    item,
                    value,
                };
                found.insert(operation.key(), operation);
            }
        }
    }
    found
}

fn same_id(old: &Operation<'_>, new: &Operation<'_>) -> bool {
    let id = at(old.value, "operationId");
    id.is_string() && id == at(new.value, "operationId")
}

/// Returns whether an operation uses a schema that differs, directly or through other schemas.
fn uses_changed<'v>(comparison: &Comparison<'v>, old: &Operation<'v>, new: &Operation<'v>) -> bool {
    let documents = comparison.documents;
    let reached = |document, value| reachable(schemas(document), value, Kind::Operation);
    let names = &reached(documents.old, old.value) | &reached(documents.new, new.value);
    comparison.changes.iter().any(|change| {
        let name = change.location.split(['.', '[', ' ']).next();
        name.is_some_and(|name| names.contains(name))
    })
}

impl<'v> Operation<'v> {
    fn name(&self) -> String {
        format!("{} {}", self.method.to_uppercase(), self.path)
    }

    fn place(&self) -> Place {
        Place::new(None, self.name())
    }

    /// Returns method and path without parameter names, which are not part of requests.
    fn key(&self) -> String {
        let segments = self.path.split('/').map(|segment| {
            if segment.starts_with('{') {
                "{}"
            } else {
                segment
            }
        });
        format!("{} {}", segments.collect::<Vec<_>>().join("/"), self.method)
    }

    /// Returns the parameters of the operation and of its path. The keys have the form `in name`.
    fn parameters(&self) -> BTreeMap<String, &'v Value> {
        let text =
            |value: &Value, key: &str| at(value, key).as_str().unwrap_or_default().to_owned();
        [self.item, self.value]
            .into_iter()
            .filter_map(|holder| at(holder, "parameters").as_array())
            .flatten()
            .map(|parameter| {
                let (place, name) = (text(parameter, "in"), text(parameter, "name"));
                (format!("{place} {name}"), parameter)
            })
            .collect()
    }

    /// Returns the security of the operation, or that of the document.
    fn security(&self, document: &'v Value) -> &'v Value {
        let own = self.value.get("security");
        own.unwrap_or_else(|| at(document, "security"))
    }
}
