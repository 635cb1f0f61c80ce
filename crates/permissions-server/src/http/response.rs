//! Bodies of answers.

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use serde::{Serialize, Serializer};

use crate::store::StoredPermission;

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
    // Strings, numbers and booleans go into memory without fail.
    serde_json::to_vec(body).unwrap_or_default()
}

/// The answer to list and create.
#[derive(Debug, Serialize)]
pub(super) struct List<'a> {
    object: &'static str,
    #[serde(serialize_with = "items")]
    data: &'a [StoredPermission],
    first_id: Option<&'a str>,
    last_id: Option<&'a str>,
    has_more: bool,
}

impl<'a> List<'a> {
    pub(super) fn new(data: &'a [StoredPermission], has_more: bool) -> Self {
        Self {
            object: "list",
            first_id: data.first().map(|first| first.id.as_str()),
            last_id: data.last().map(|last| last.id.as_str()),
            data,
            has_more,
        }
    }
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

fn items<S: Serializer>(data: &[StoredPermission], serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Item<'a> {
        object: &'static str,
        id: &'a str,
        created_at: i64,
        project_id: &'a str,
    }
    serializer.collect_seq(data.iter().map(|permission| Item {
        object: "checkpoint.permission",
        id: &permission.id,
        created_at: permission.created_at,
        project_id: &permission.project_id,
    }))
}
