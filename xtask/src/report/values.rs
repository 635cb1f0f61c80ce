//! Compares everything except schemas and the list of operations.

use serde_json::Value;

use super::{
    comparison::{Comparison, Pair, Place, default_rule},
    rules::{self, Direction, Rule},
    schema,
};
use crate::tree::{Kind, elements, entries};

/// Compares the old and the new version of a value with the given kind.
pub(super) fn compare(comparison: &mut Comparison<'_>, kind: Kind, place: &Place, value: Pair<'_>) {
    use Kind::{
        Components, Document, Header, MediaType, Operation, Parameter, RequestBody, Response,
        SecurityScheme,
    };
    if !value.are_objects() {
        return comparison.replaced(place, &rules::UNKNOWN, "value", value);
    }
    comparison.members(place, value, |comparison, key, pair| {
        match (kind, key) {
            // `operations.rs` and `components.rs` compare these keys. `in` and `name` identify a
            // parameter.
            (Document, "paths" | "security")
            | (Components, "schemas")
            | (Operation, "parameters" | "security")
            | (Parameter, "in" | "name") => {}
            (Document, "servers") => servers(comparison, pair),
            (Document, "info") => {
                comparison.replaced(&Place::new(None, key), &rules::DOCUMENTATION, key, pair);
            }
            (Document, "components") => {
                compare(comparison, Components, &Place::new(None, key), pair);
            }
            // The comparison of operations includes the schemes that an operation requires.
            (Components, "securitySchemes") => {
                let place = |name: &str| Place::new(None, format!("security scheme {name}"));
                let rules = (&rules::SCHEME_REMOVED, &rules::SCHEME_ADDED);
                map(comparison, SecurityScheme, place, pair, rules);
            }
            (Operation, "requestBody") => {
                let place = place.with(Direction::Request).inside(", body");
                body(comparison, &place, pair);
            }
            (Operation, "responses") => {
                responses(comparison, &place.with(Direction::Response), pair);
            }
            (RequestBody | Response, "content") => {
                let place = |media: &str| place.inside(format!(" {media}"));
                let rules = (&rules::MEDIA_REMOVED, &rules::MEDIA_ADDED);
                map(comparison, MediaType, place, pair, rules);
            }
            (Response, "headers") => {
                let place = |name: &str| place.inside(format!(", header {name}"));
                let rules = (&rules::HEADER_REMOVED, &rules::HEADER_ADDED);
                map(comparison, Header, place, pair, rules);
            }
            (Parameter | Header | MediaType, "schema") if pair.are_objects() => {
                schema::compare(comparison, place, pair);
            }
            (Parameter | RequestBody | Header | MediaType, "required") => {
                return match value.flags(key) {
                    (true, false) if kind == RequestBody => Some(&rules::BODY_OPTIONAL),
                    (true, false) => Some(&rules::BECAME_OPTIONAL),
                    (false, true) => Some(&rules::BECAME_REQUIRED),
                    _ => None,
                };
            }
            (Parameter, "allowEmptyValue" | "allowReserved" | "explode" | "style") => {
                return Some(&rules::PARAMETER_FORM);
            }
            (SecurityScheme, "type" | "scheme" | "in" | "name" | "flows") => {
                return Some(&rules::SCHEME_CHANGED);
            }
            (Operation, "operationId") => return Some(&rules::OPERATION_RENAMED),
            _ => return Some(default_rule(key)),
        }
        None
    });
}

/// Compares two maps whose values all have the given kind, such as the headers of a response.
fn map(
    comparison: &mut Comparison<'_>,
    kind: Kind,
    place: impl Fn(&str) -> Place,
    pair: Pair<'_>,
    (removed, added): (&Rule, &Rule),
) {
    for name in pair.keys() {
        let (place, entry) = (place(name), pair.at(name));
        match entry.map(Value::is_null) {
            (false, false) => compare(comparison, kind, &place, entry),
            (false, true) => comparison.add(&place, removed),
            (true, _) => comparison.add(&place, added),
        }
    }
}

fn servers(comparison: &mut Comparison<'_>, pair: Pair<'_>) {
    let place = Place::new(None, "servers");
    let (old, new) = pair.map(|servers| {
        let urls = elements(servers).map(|server| &server["url"]);
        urls.collect::<Vec<_>>()
    });
    let rules = (&rules::SERVER_REMOVED, &rules::SERVER_ADDED);
    comparison.items(&place, (&old, &new), rules);
    if old == new {
        comparison.replaced(&place, &rules::DOCUMENTATION, "servers", pair);
    }
}

fn body(comparison: &mut Comparison<'_>, place: &Place, body: Pair<'_>) {
    match body.map(Value::is_null) {
        (true, _) if body.flags("required").1 => comparison.add(place, &rules::BODY_REQUIRED),
        (true, _) => comparison.add(place, &rules::BODY_ADDED),
        (false, true) => comparison.add(place, &rules::BODY_REMOVED),
        (false, false) => compare(comparison, Kind::RequestBody, place, body),
    }
}

fn responses(comparison: &mut Comparison<'_>, place: &Place, responses: Pair<'_>) {
    let is_success = |status: &str| status.starts_with('2');
    for status in responses.keys() {
        let (place, pair) = (
            place.inside(format!(", response {status}")),
            responses.at(status),
        );
        let rule = match pair.map(Value::is_null) {
            (false, false) => {
                compare(comparison, Kind::Response, &place, pair);
                continue;
            }
            _ if !is_success(status) => &rules::ERROR_STATUS,
            (false, true) => &rules::STATUS_REMOVED,
            (true, _) => {
                let mut others = entries(responses.old).filter(|(status, _)| is_success(status));
                match others.all(|(_, other)| other["content"] == pair.new["content"]) {
                    true => &rules::STATUS_ADDED,
                    false => &rules::STATUS_CONTENT,
                }
            }
        };
        comparison.add(&place, rule);
    }
}
