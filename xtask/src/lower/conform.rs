//! Checks that progenitor can parse the lowered document.

use openapiv3::{
    Components, Encoding, Header, MediaType, OpenAPI, Operation, Parameter, PathItem, ReferenceOr,
    RequestBody, Response, Schema, SecurityScheme,
};
use serde::Deserialize;
use serde_json::Value;

use crate::{
    problem::Problem,
    tree::{self, Kind, Pointer},
};

/// Refuses values that progenitor cannot parse, and reports the innermost invalid value.
pub(super) fn check(document: &Value, problems: &mut Vec<Problem>) {
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
        // Only the innermost invalid value is reported. It also makes the values around it invalid.
        let contains_invalid = invalid
            .get(index + 1)
            .is_some_and(|(next, _)| next.keys().starts_with(at.keys()));
        if !contains_invalid {
            problems.push(Problem::new(
                at,
                format!("the value is not OpenAPI 3.0.3: {reason}"),
                "correct or remove it by an action in openapi/overlay.yaml",
            ));
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
