//! Bodies of answers.

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use serde::Serialize;

/// An answer of `application/json`.
pub(super) fn json(status: StatusCode, body: &impl Serialize) -> Response {
    of_json(status, to_json(body))
}

/// An answer of `application/json` that is written already.
pub(super) fn of_json(status: StatusCode, body: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// Writes a body of our own types.
pub(super) fn to_json(body: &impl Serialize) -> Vec<u8> {
    let mut json = Vec::new();
    append(&mut json, body);
    json
}

/// Adds a value to a body that is being written.
pub(super) fn append(json: &mut Vec<u8>, value: &(impl Serialize + ?Sized)) {
    // Strings, numbers and booleans go into memory without fail.
    let _ = serde_json::to_writer(json, value);
}

/// The answer to delete.
#[derive(Debug, Serialize)]
pub(super) struct Deleted<'a> {
    object: &'static str,
    id: &'a str,
    deleted: bool,
}

impl<'a> Deleted<'a> {
    pub(super) fn new(id: &'a str) -> Self {
        Self {
            object: "checkpoint.permission",
            id,
            deleted: true,
        }
    }
}
