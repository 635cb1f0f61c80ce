//! What an operation answers, by status.

use serde_json::Value;

use super::change::Direction::Response;
use super::change::Grade::{Major, Minor, Patch};
use super::comparison::{Comparison, Place, at, keys, resolve};
use super::parameters;
use super::schema;

/// Compares the responses of an operation.
pub(super) fn compare(comparison: &mut Comparison<'_>, place: &Place, old: &Value, new: &Value) {
    let (old_document, new_document) = (comparison.old, comparison.new);
    for status in keys(old, new) {
        let place = place
            .travelling(Response)
            .inside(format!(", answer {status}"));
        match (old.get(status), new.get(status)) {
            (Some(before), Some(after)) => response(
                comparison,
                &place,
                resolve(old_document, before),
                resolve(new_document, after),
            ),
            (before, _) if !status.starts_with('2') => {
                let what = if before.is_some() {
                    "the status is no longer documented"
                } else {
                    "the status is documented now"
                };
                comparison.add(
                    &place,
                    Major,
                    what,
                    "it makes the type of the method's error",
                );
            }
            (Some(_), None) => comparison.add(
                &place,
                Major,
                "the status is gone",
                "what old clients take for success does not come any more",
            ),
            (None, Some(after)) => {
                let content = |response: &Value| at(response, "content").clone();
                let mut others = old
                    .as_object()
                    .into_iter()
                    .flatten()
                    .filter(|(status, _)| status.starts_with('2'));
                if others.all(|(_, other)| {
                    content(resolve(old_document, other)) == content(resolve(new_document, after))
                }) {
                    comparison.add(
                        &place,
                        Minor,
                        "the status is new",
                        "it is read like the others",
                    );
                } else {
                    comparison.add(
                        &place,
                        Major,
                        "a status with another content is new",
                        "it makes the type that the method returns",
                    );
                }
            }
            (None, None) => {}
        }
    }
}

fn response(comparison: &mut Comparison<'_>, place: &Place, old: &Value, new: &Value) {
    for keyword in keys(old, new) {
        let (before, after) = (at(old, keyword), at(new, keyword));
        if before == after {
            continue;
        }
        match keyword {
            "content" => parameters::content(comparison, place, before, after),
            "headers" => headers(comparison, place, before, after),
            "description" | "links" => comparison.documentation(place, keyword),
            _ if keyword.starts_with("x-") && !keyword.starts_with("x-rust-") => {
                comparison.documentation(place, keyword)
            }
            _ => comparison.unclassified(place, format!("`{keyword}` changed")),
        }
    }
}

fn headers(comparison: &mut Comparison<'_>, place: &Place, old: &Value, new: &Value) {
    let (old_document, new_document) = (comparison.old, comparison.new);
    for name in keys(old, new) {
        let place = place.inside(format!(", header {name}"));
        match (old.get(name), new.get(name)) {
            (None, _) => comparison.add(
                &place,
                Patch,
                "the header is new",
                "the client hands all headers on",
            ),
            (_, None) => comparison.add(
                &place,
                Major,
                "the header is gone",
                "who reads it finds nothing",
            ),
            (Some(before), Some(after)) => {
                let (before, after) = (resolve(old_document, before), resolve(new_document, after));
                header(comparison, &place, before, after);
            }
        }
    }
}

fn header(comparison: &mut Comparison<'_>, place: &Place, old: &Value, new: &Value) {
    for keyword in keys(old, new) {
        let (before, after) = (at(old, keyword), at(new, keyword));
        if before == after {
            continue;
        }
        match keyword {
            "required" if after == &Value::Bool(true) => {
                comparison.add(
                    place,
                    Patch,
                    "became required",
                    "who reads it always finds it",
                );
            }
            "required" => {
                comparison.add(
                    place,
                    Major,
                    "became optional",
                    "who reads it may find nothing",
                );
            }
            "schema" => schema::compare(comparison, place, before, after),
            "deprecated" | "description" | "example" | "examples" => {
                comparison.documentation(place, keyword)
            }
            _ if keyword.starts_with("x-") => comparison.documentation(place, keyword),
            _ => comparison.unclassified(place, format!("`{keyword}` changed")),
        }
    }
}
