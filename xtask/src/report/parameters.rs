//! What an operation takes: parameters, by place and name, and the body.

use std::collections::BTreeMap;

use serde_json::Value;

use super::change::Direction::Request;
use super::change::Grade::{Major, Minor};
use super::comparison::{Comparison, Place, at, keys, resolve, shown};
use super::schema;

type Side<'v> = (&'v str, &'v Value, &'v Value);
type Parameters<'v> = BTreeMap<(String, String), &'v Value>;

/// Compares the parameters of an operation and of its path.
pub(super) fn compare(
    comparison: &mut Comparison<'_>,
    place: &Place,
    old: Side<'_>,
    new: Side<'_>,
) {
    let place = place.travelling(Request);
    let (old_document, new_document) = (comparison.old, comparison.new);
    let mut before = parameters(old_document, old);
    let mut after = parameters(new_document, new);
    for (old_name, new_name) in renamed(old.0, new.0) {
        let key = |name: &str| ("path".to_owned(), name.to_owned());
        if let Some(value) = before.remove(&key(&old_name)) {
            let inside = place.inside(format!(", path {new_name}"));
            comparison.add(
                &inside,
                Major,
                format!("the parameter was called `{old_name}`"),
                "its setter is named after it, though nothing changed on the wire",
            );
            before.insert(key(&new_name), value);
        }
    }
    let all: std::collections::BTreeSet<_> = before.keys().chain(after.keys()).cloned().collect();
    for key in all {
        let inside = place.inside(format!(", {} {}", key.0, key.1));
        match (before.remove(&key), after.remove(&key)) {
            (Some(old), Some(new)) => parameter(comparison, &inside, old, new),
            (Some(_), None) => comparison.add(
                &inside,
                Major,
                "the parameter is gone",
                "its setter does not exist any more",
            ),
            (None, Some(new)) if required(new) => comparison.add(
                &inside,
                Major,
                "a required parameter is new",
                "a call without it fails",
            ),
            (None, _) => comparison.add(
                &inside,
                Minor,
                "an optional parameter is new",
                "one setter more",
            ),
        }
    }
}

fn parameter(comparison: &mut Comparison<'_>, place: &Place, old: &Value, new: &Value) {
    for keyword in keys(old, new) {
        let (before, after) = (at(old, keyword), at(new, keyword));
        if before == after {
            continue;
        }
        match keyword {
            "in" | "name" => {}
            "required" => requiredness(comparison, place, required(old), required(new)),
            "schema" if before.is_object() && after.is_object() => {
                schema::compare(comparison, place, before, after)
            }
            "deprecated" | "description" | "example" | "examples" => {
                comparison.documentation(place, keyword)
            }
            "allowEmptyValue" | "allowReserved" | "explode" | "style" => {
                let what = format!(
                    "`{keyword}` is {} instead of {}",
                    shown(after),
                    shown(before)
                );
                comparison.add(
                    place,
                    Major,
                    what,
                    "the value is written another way on the wire",
                );
            }
            _ if keyword.starts_with("x-") && !keyword.starts_with("x-rust-") => {
                comparison.documentation(place, keyword)
            }
            _ => comparison.unclassified(place, format!("`{keyword}` changed")),
        }
    }
}

/// Compares request bodies.
pub(super) fn body(comparison: &mut Comparison<'_>, place: &Place, old: &Value, new: &Value) {
    let place = &place.travelling(Request).inside(", body");
    let (old, new) = (resolve(comparison.old, old), resolve(comparison.new, new));
    match (old.is_null(), new.is_null()) {
        (true, true) => return,
        (true, false) if required(new) => {
            return comparison.add(
                place,
                Major,
                "a required body is new",
                "a call without it fails",
            );
        }
        (true, false) => {
            return comparison.add(place, Minor, "an optional body is new", "one setter more");
        }
        (false, true) => {
            return comparison.add(
                place,
                Major,
                "the body is gone",
                "its setter does not exist any more",
            );
        }
        (false, false) => {}
    }
    for keyword in keys(old, new) {
        let (before, after) = (at(old, keyword), at(new, keyword));
        if before == after {
            continue;
        }
        match keyword {
            "required" if required(new) => {
                requiredness(comparison, place, required(old), required(new));
            }
            "required" if required(old) => comparison.add(
                place,
                Major,
                "became optional",
                "the method `body` takes an `Option`",
            ),
            "required" => {}
            "content" => content(comparison, place, before, after),
            "description" => comparison.documentation(place, keyword),
            _ if keyword.starts_with("x-") && !keyword.starts_with("x-rust-") => {
                comparison.documentation(place, keyword)
            }
            _ => comparison.unclassified(place, format!("`{keyword}` changed")),
        }
    }
}

/// Compares what a body may be written in; the direction tells which side chooses.
pub(super) fn content(comparison: &mut Comparison<'_>, place: &Place, old: &Value, new: &Value) {
    for media_type in keys(old, new) {
        let inside = place.inside(format!(" {media_type}"));
        match (old.get(media_type), new.get(media_type)) {
            (Some(old), Some(new)) => media(comparison, &inside, old, new),
            (Some(_), None) => comparison.add(
                &inside,
                Major,
                "the media type is gone",
                "old clients send it, or can read nothing else",
            ),
            (None, _) => comparison.add(
                &inside,
                Minor,
                "the media type is new",
                "the other ones are there still",
            ),
        }
    }
}

fn media(comparison: &mut Comparison<'_>, place: &Place, old: &Value, new: &Value) {
    for keyword in keys(old, new) {
        let (before, after) = (at(old, keyword), at(new, keyword));
        if before == after {
            continue;
        }
        match keyword {
            "schema" if before.is_object() && after.is_object() => {
                schema::compare(comparison, place, before, after)
            }
            "example" | "examples" => comparison.documentation(place, keyword),
            _ if keyword.starts_with("x-") && !keyword.starts_with("x-rust-") => {
                comparison.documentation(place, keyword)
            }
            _ => comparison.unclassified(place, format!("`{keyword}` changed")),
        }
    }
}

fn requiredness(comparison: &mut Comparison<'_>, place: &Place, before: bool, after: bool) {
    match (before, after) {
        (false, true) => comparison.add(place, Major, "became required", "a call without it fails"),
        (true, false) => comparison.add(
            place,
            Minor,
            "became optional",
            "its setter takes what it took",
        ),
        _ => {}
    }
}

fn required(value: &Value) -> bool {
    at(value, "required") == &Value::Bool(true)
}

/// An operation's parameters replace those of its path that have the same place and name.
fn parameters<'v>(document: &'v Value, (_, item, operation): Side<'v>) -> Parameters<'v> {
    let lists = [at(item, "parameters"), at(operation, "parameters")];
    let all = lists.into_iter().filter_map(Value::as_array).flatten();
    let text = |value: &Value, key: &str| at(value, key).as_str().unwrap_or_default().to_owned();
    all.map(|parameter| resolve(document, parameter))
        .map(|parameter| ((text(parameter, "in"), text(parameter, "name")), parameter))
        .collect()
}

/// Names in the same position of two paths that differ.
fn renamed(old: &str, new: &str) -> Vec<(String, String)> {
    let name = |segment: &str| {
        segment
            .strip_prefix('{')
            .and_then(|rest| rest.strip_suffix('}'))
            .map(str::to_owned)
    };
    let pairs = old.split('/').zip(new.split('/'));
    pairs
        .filter_map(|(old, new)| name(old).zip(name(new)))
        .filter(|(old, new)| old != new)
        .collect()
}
