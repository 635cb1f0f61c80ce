//! Bodies of answers.

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use serde::Serialize;

use crate::store::Permission;

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

/// The answer to list and create. Its constant parts are written as they are: on a page of a hundred
/// they are most of the bytes.
pub(super) fn list_of<'a>(
    permissions: impl Iterator<Item = Permission<'a>>,
    has_more: bool,
) -> Response {
    let mut json = Vec::with_capacity(USUAL_BYTES * (permissions.size_hint().0 + 1));
    json.extend_from_slice(br#"{"object":"list","data":["#);
    let (mut first_id, mut last_id) = (None, None);
    for permission in permissions {
        if last_id.is_some() {
            json.push(b',');
        }
        json.extend_from_slice(br#"{"object":"checkpoint.permission","id":"#);
        append(&mut json, permission.id);
        json.extend_from_slice(br#","created_at":"#);
        append(&mut json, &permission.created_at);
        json.extend_from_slice(br#","project_id":"#);
        append(&mut json, permission.project_id);
        json.push(b'}');
        first_id.get_or_insert(permission.id);
        last_id = Some(permission.id);
    }
    json.extend_from_slice(br#"],"first_id":"#);
    append(&mut json, &first_id);
    json.extend_from_slice(br#","last_id":"#);
    append(&mut json, &last_id);
    json.extend_from_slice(br#","has_more":"#);
    append(&mut json, &has_more);
    json.push(b'}');
    of_json(StatusCode::OK, json)
}

/// Bytes of a permission with ids of the usual length.
const USUAL_BYTES: usize = 160;

fn append(json: &mut Vec<u8>, value: &(impl Serialize + ?Sized)) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_list_is_json_whatever_its_ids_hold() {
        let odd = Permission {
            id: "cp_\"\\/ü\u{2028}",
            project_id: "p",
            created_at: -1,
        };
        let none: &[Permission<'_>] = &[];
        for (permissions, first, last) in [
            (none, None, None),
            (
                &[odd, Permission { id: "b", ..odd }],
                Some(odd.id),
                Some("b"),
            ),
        ] {
            let response = list_of(permissions.iter().copied(), true);
            let body = axum::body::to_bytes(response.into_body(), usize::MAX)
                .await
                .expect("a body");
            let items: Vec<_> = permissions
                .iter()
                .map(|permission| {
                    serde_json::json!({
                        "object": "checkpoint.permission",
                        "id": permission.id,
                        "created_at": permission.created_at,
                        "project_id": permission.project_id,
                    })
                })
                .collect();
            assert_eq!(
                serde_json::from_slice::<serde_json::Value>(&body).expect("JSON"),
                serde_json::json!({
                    "object": "list",
                    "data": items,
                    "first_id": first,
                    "last_id": last,
                    "has_more": true,
                })
            );
        }
    }
}
