//! Operations: matched by method and path, then by their id; each is a method of the client.

use std::collections::BTreeMap;

use serde_json::Value;

use super::change::Grade::{Major, Minor, Patch};
use super::comparison::{Comparison, Place, at, keys, shown};
use super::{components, parameters, responses};

const METHODS: [&str; 8] = [
    "delete", "get", "head", "options", "patch", "post", "put", "trace",
];

/// Operations of two documents, by their `METHOD /path`.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Operations {
    /// New ones.
    pub added: Vec<String>,
    /// Those that are gone.
    pub removed: Vec<String>,
    /// Those in both documents that differ themselves or in a schema they use.
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
    let (old, new) = (operations(comparison.old), operations(comparison.new));
    let mut result = Operations::default();
    let mut unmatched = new.clone();
    for (key, before) in &old {
        let by_id = || {
            new.iter()
                .find(|(key, after)| !old.contains_key(*key) && same_id(before, after))
        };
        let Some((key, after)) = new.get_key_value(key).or_else(by_id) else {
            let place = Place::new(None, before.name());
            comparison.add(
                &place,
                Major,
                "the operation is gone",
                "its method does not exist any more",
            );
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
        let place = Place::new(None, after.name());
        comparison.add(&place, Minor, "the operation is new", "one method more");
        result.added.push(after.name());
    }
    result
}

fn operation(comparison: &mut Comparison<'_>, old: &Operation<'_>, new: &Operation<'_>) {
    let place = &Place::new(None, new.name());
    if old.key() != new.key() {
        comparison.add(
            place,
            Major,
            format!("moved from `{}`", old.name()),
            "old clients ask at the old place",
        );
    }
    parameters::compare(
        comparison,
        place,
        (old.path, old.item, old.value),
        (new.path, new.item, new.value),
    );
    let asked = |document, operation: &Operation<'_>| {
        operation
            .value
            .get("security")
            .unwrap_or(at(document, "security"))
            .clone()
    };
    let (before, after) = (asked(comparison.old, old), asked(comparison.new, new));
    if before != after {
        security(comparison, place, &before, &after);
    }
    for keyword in keys(old.value, new.value) {
        let (before, after) = (at(old.value, keyword), at(new.value, keyword));
        if before == after {
            continue;
        }
        match keyword {
            "parameters" => {}
            "requestBody" => parameters::body(comparison, place, before, after),
            "responses" => responses::compare(comparison, place, before, after),
            "operationId" => comparison.add(
                place,
                Major,
                format!(
                    "the operation is called {} instead of {}",
                    shown(after),
                    shown(before)
                ),
                "the method is named after it",
            ),
            // Settled with what the whole document asks for.
            "security" => {}
            "deprecated" | "description" | "externalDocs" | "summary" | "tags" => {
                comparison.documentation(place, keyword);
            }
            _ if keyword.starts_with("x-rust-") => {
                comparison.add(
                    place,
                    Major,
                    format!(
                        "`{keyword}` is {} instead of {}",
                        shown(after),
                        shown(before)
                    ),
                    "it decides on the Rust names",
                );
            }
            _ if keyword.starts_with("x-") => comparison.documentation(place, keyword),
            _ => comparison.unclassified(place, format!("`{keyword}` changed")),
        }
    }
}

/// Security is a list of alternatives: one more is one way more, one less shuts a way.
fn security(comparison: &mut Comparison<'_>, place: &Place, before: &Value, after: &Value) {
    let alternatives = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let (before, after) = (alternatives(before), alternatives(after));
    let open =
        |list: &[Value]| list.is_empty() || list.contains(&Value::Object(serde_json::Map::new()));
    let what = format!(
        "asks for {} instead of {}",
        requirement(&after),
        requirement(&before)
    );
    if open(&after) {
        let (grade, reason) = if open(&before) {
            (Patch, "no key is needed before and after")
        } else {
            (Minor, "no key is needed any more")
        };
        comparison.add(place, grade, what, reason);
    } else if !open(&before) && before.iter().all(|one| after.contains(one)) {
        comparison.add(
            place,
            Minor,
            what,
            "every key that was taken is taken still",
        );
    } else {
        comparison.add(place, Major, what, "a key that was taken may be refused");
    }
}

fn requirement(alternatives: &[Value]) -> String {
    let one = |value: &Value| {
        let parts = value
            .as_object()
            .into_iter()
            .flatten()
            .map(|(scheme, scopes)| {
                let scopes: Vec<_> = scopes
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(Value::as_str)
                    .collect();
                if scopes.is_empty() {
                    format!("`{scheme}`")
                } else {
                    format!("`{scheme}` ({})", scopes.join(", "))
                }
            });
        parts.collect::<Vec<_>>().join(" and ")
    };
    let all: Vec<String> = alternatives
        .iter()
        .map(one)
        .filter(|one| !one.is_empty())
        .collect();
    if all.is_empty() {
        "no key".to_owned()
    } else {
        all.join(" or ")
    }
}

fn operations(document: &Value) -> BTreeMap<String, Operation<'_>> {
    let mut found = BTreeMap::new();
    for (path, item) in at(document, "paths").as_object().into_iter().flatten() {
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

/// Whether a schema that changed is named by the operation, directly or through others.
fn uses_changed(comparison: &Comparison<'_>, old: &Operation<'_>, new: &Operation<'_>) -> bool {
    let mut names = components::named_by(comparison.old, [at(old.item, "parameters"), old.value]);
    names.extend(components::named_by(
        comparison.new,
        [at(new.item, "parameters"), new.value],
    ));
    comparison.changes.iter().any(|change| {
        let name = change
            .location
            .split(['.', '[', ' '])
            .next()
            .unwrap_or_default();
        names.contains(name)
    })
}

impl Operation<'_> {
    fn name(&self) -> String {
        format!("{} {}", self.method.to_uppercase(), self.path)
    }

    /// Method and path, whatever the path's parameters are called: the server does not see names.
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
}
