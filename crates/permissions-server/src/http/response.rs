//! JSON responses.

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use serde::Serialize;

/// A response with a JSON body that has already been serialized.
pub(super) fn json_response(status: StatusCode, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// Serializes a string or another value whose serialization cannot fail.
pub(super) fn to_json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// Appends a serialized value to a body.
pub(super) fn append_json(json: &mut Vec<u8>, value: &(impl Serialize + ?Sized)) {
    // Serializing strings, numbers and booleans into memory cannot fail.
    let _ = serde_json::to_writer(json, value);
}
