//! Validation of the lowered document by the parser that progenitor uses.

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

/// Reports the innermost values that are not valid OpenAPI 3.0.3.
pub(super) fn check(document: &Value, problems: &mut Vec<Problem>) {
    if parse::<OpenAPI>(document).is_ok() {
        return;
    }
    let mut wrong: Vec<(Pointer, String)> = Vec::new();
    tree::read(
        document,
        Kind::Document,
        &mut Pointer::root(),
        &mut |kind, at, value| {
            if let Err(error) = reads(kind, value) {
                wrong.push((at.clone(), error.to_string()));
            }
        },
    );
    for (index, (at, reason)) in wrong.iter().enumerate() {
        // A parent is listed before its children and is invalid because of them.
        let inner = wrong
            .get(index + 1)
            .is_some_and(|(next, _)| next.keys().starts_with(at.keys()));
        if !inner {
            problems.push(Problem::new(
                at,
                format!("this is not valid OpenAPI 3.0.3: {reason}"),
                "correct or remove it by an action in openapi/overlay.yaml",
            ));
        }
    }
}

fn reads(kind: Kind, value: &Value) -> Result<(), serde_json::Error> {
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
