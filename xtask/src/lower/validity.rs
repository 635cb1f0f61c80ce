//! Refuses values that OpenAPI does not allow.

use openapiv3::{
    Components, Encoding, Header, MediaType, OpenAPI, Operation, Parameter, PathItem, ReferenceOr,
    RequestBody, Response, Schema, SecurityScheme,
};
use serde::Deserialize;
use serde_json::Value;

use super::{Findings, Object, REMEDY};
use crate::{
    keywords::{Accepts, KEYWORDS},
    tree::{self, Kind, Pointer},
};

const TYPES: [&str; 7] = [
    "array", "boolean", "integer", "null", "number", "object", "string",
];

/// Reports each keyword with a value of the wrong type. Returns true if all values are valid.
///
/// The rules ignore values that they do not expect, so a wrong value would be lost silently.
pub(super) fn check_keywords(schema: &Object, at: &Pointer, findings: &mut Findings) -> bool {
    let before = findings.problems.len();
    for keyword in KEYWORDS {
        let key = keyword.name;
        if let Some(value) = schema.get(key)
            && let Err(expected) = check_value(keyword.accepts, value)
        {
            // The precision limits a long value to its first characters.
            let what = format!("`{key}` accepts {expected}, not {:.60}", value.to_string());
            findings.problem(&at.join(key), what, REMEDY);
        }
    }
    findings.problems.len() == before
}

fn check_value(accepts: Accepts, value: &Value) -> Result<(), &'static str> {
    let is_type = |value: &Value| value.as_str().is_some_and(|name| TYPES.contains(&name));
    let list = value.as_array().filter(|list| !list.is_empty());
    let (fits, expected) = match accepts {
        Accepts::Any => return Ok(()),
        Accepts::Text => (value.is_string(), "a string"),
        Accepts::Flag => (value.is_boolean(), "true or false"),
        Accepts::Number => (value.is_number(), "a number"),
        Accepts::NumberOrFlag => (
            value.is_number() || value.is_boolean(),
            "a number, true or false",
        ),
        Accepts::Count => (value.is_u64(), "a non-negative integer"),
        Accepts::Type => (
            is_type(value) || list.is_some_and(|list| list.iter().all(is_type)),
            "a type or a list of types",
        ),
        Accepts::Names => (
            value
                .as_array()
                .is_some_and(|names| names.iter().all(Value::is_string)),
            "a list of names",
        ),
        Accepts::Values => (list.is_some(), "a list with at least one value"),
        // The traversal visits the inner schemas and checks them later.
        Accepts::Schema => (!value.is_array(), "a schema"),
        Accepts::Schemas => (list.is_some(), "a list with at least one schema"),
        Accepts::NamedSchemas => (value.is_object(), "an object of schemas"),
    };
    if fits { Ok(()) } else { Err(expected) }
}

/// Refuses values that progenitor cannot parse, and reports each innermost invalid value.
pub(super) fn check_document(document: &Value, findings: &mut Findings) {
    if parse::<OpenAPI>(document).is_ok() {
        return;
    }
    let mut invalid: Vec<(Pointer, String)> = Vec::new();
    tree::read(document, &mut |kind, at, value| {
        if let Err(error) = check_kind(kind, value) {
            invalid.push((at.clone(), error.to_string()));
        }
    });
    for (index, (at, reason)) in invalid.iter().enumerate() {
        // An invalid value also makes the values around it invalid, so only the innermost invalid
        // value is reported.
        let next = invalid.get(index + 1);
        if !next.is_some_and(|(next, _)| next.keys().starts_with(at.keys())) {
            let what = format!("the value is not OpenAPI 3.0.3: {reason}");
            findings.problem(at, what, REMEDY);
        }
    }
}

fn check_kind(kind: Kind, value: &Value) -> Result<(), serde_json::Error> {
    match kind {
        Kind::Document => parse::<OpenAPI>(value),
        Kind::Components => parse::<Components>(value),
        Kind::PathItem => parse::<PathItem>(value),
        Kind::Operation => parse::<Operation>(value),
        Kind::Parameter => parse::<Parameter>(value),
        Kind::RequestBody => parse::<RequestBody>(value),
        Kind::Response => parse::<Response>(value),
        Kind::Header => parse::<Header>(value),
        Kind::MediaType => parse::<MediaType>(value),
        Kind::Encoding => parse::<Encoding>(value),
        Kind::Schema => parse::<ReferenceOr<Schema>>(value),
        Kind::SecurityScheme => parse::<SecurityScheme>(value),
    }
}

fn parse<'a, T: Deserialize<'a>>(value: &'a Value) -> Result<(), serde_json::Error> {
    T::deserialize(value).map(drop)
}
