//! The response body of lists and of create.

use std::ops::Range;

use axum::http::StatusCode;
use axum::response::Response;

use super::response::{append_json, json_response};
use crate::store::{Permission, Project};

/// Size of a serialized permission with ids of the usual length, in bytes.
const PERMISSION_BYTES: usize = 160;

/// A JSON list that is serialized while the database is read. Field names and punctuation are copied as text, because
/// they are most of the bytes of a page.
#[derive(Debug)]
pub(super) struct List {
    json: Vec<u8>,
    /// Byte ranges of the first and the last id in `json`, including quotes.
    ids: Option<(Range<usize>, Range<usize>)>,
}

impl List {
    /// Starts a list and allocates memory for `permissions` permissions.
    pub(super) fn with_capacity(permissions: usize) -> Self {
        let mut json = Vec::with_capacity(PERMISSION_BYTES * (permissions + 1));
        json.extend_from_slice(br#"{"object":"list","data":["#);
        Self { json, ids: None }
    }

    pub(super) fn push<T: AsRef<str>>(&mut self, permission: &Permission<T>) {
        let prefix = br#"{"object":"checkpoint.permission","id":"#;
        let json = self.start_item(prefix, permission.id.as_ref());
        json.extend_from_slice(br#","created_at":"#);
        append_json(json, &permission.created_at);
        json.extend_from_slice(br#","project_id":"#);
        append_text(json, permission.project_id.as_ref());
        json.push(b'}');
    }

    pub(super) fn push_project(&mut self, project: &Project) {
        let json = self.start_item(br#"{"object":"organization.project","id":"#, &project.id);
        json.extend_from_slice(br#","name":"#);
        append_text(json, &project.name);
        json.extend_from_slice(br#","created_at":"#);
        append_json(json, &project.created_at);
        json.extend_from_slice(br#","archived_at":"#);
        append_json(json, &project.archived_at);
        json.extend_from_slice(match project.archived_at {
            None => br#","status":"active"}"#,
            Some(_) => br#","status":"archived"}"#,
        });
    }

    /// Appends `prefix` and the id of the next item. Returns the buffer for the rest of the item.
    fn start_item(&mut self, prefix: &[u8], id: &str) -> &mut Vec<u8> {
        let json = &mut self.json;
        if self.ids.is_some() {
            json.push(b',');
        }
        json.extend_from_slice(prefix);
        let id = append_text(json, id);
        match &mut self.ids {
            Some((_, last)) => *last = id,
            None => self.ids = Some((id.clone(), id)),
        }
        &mut self.json
    }

    /// Completes the JSON and returns the response.
    pub(super) fn finish(self, has_more: bool) -> Response {
        let Self { mut json, ids } = self;
        let (first, last) = ids.unzip();
        for (name, id) in [(&br#"],"first_id":"#[..], first), (br#","last_id":"#, last)] {
            json.extend_from_slice(name);
            match id {
                Some(id) => json.extend_from_within(id),
                None => json.extend_from_slice(b"null"),
            }
        }
        json.extend_from_slice(br#","has_more":"#);
        append_json(&mut json, &has_more);
        json.push(b'}');
        json_response(StatusCode::OK, json)
    }
}

/// Appends a JSON string and returns its byte range.
fn append_text(json: &mut Vec<u8>, text: &str) -> Range<usize> {
    let start = json.len();
    if needs_no_escapes(text) {
        json.push(b'"');
        json.extend_from_slice(text.as_bytes());
        json.push(b'"');
    } else {
        append_json(json, text);
    }
    start..json.len()
}

/// Whether `text` needs no escapes in a JSON string. The loop has no early exit, so that the compiler vectorizes it.
fn needs_no_escapes(text: &str) -> bool {
    text.bytes().fold(true, |plain, byte| {
        plain & (byte >= b' ') & (byte != b'"') & (byte != b'\\')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn list_with_unusual_ids_is_valid_json() {
        let odd = Permission {
            id: "cp_\"\\/ü\u{1f}\u{2028}",
            project_id: "p",
            created_at: -1,
        };
        let none: &[Permission<&str>] = &[];
        for (permissions, first, last) in [
            (none, None, None),
            (&[odd], Some(odd.id), Some(odd.id)),
            (
                &[
                    odd,
                    Permission { id: "b", ..odd },
                    Permission { id: "c", ..odd },
                ],
                Some(odd.id),
                Some("c"),
            ),
        ] {
            let mut list = List::with_capacity(1);
            permissions
                .iter()
                .for_each(|permission| list.push(permission));
            let body = axum::body::to_bytes(list.finish(true).into_body(), usize::MAX)
                .await
                .expect("body");
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
