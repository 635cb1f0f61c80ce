//! The body of the answer to list and create.

use std::ops::Range;

use axum::http::StatusCode;
use axum::response::Response;

use super::response::{append, of_json};
use crate::store::Permission;

/// Bytes of a permission with ids of the usual length.
const USUAL_BYTES: usize = 160;

/// A list that is written while its permissions are read. Its constant parts are written as they are:
/// on a page of a hundred they are most of the bytes.
#[derive(Debug)]
pub(super) struct List {
    json: Vec<u8>,
    /// Where the first and the last id are in what is written, quotes and all.
    ids: Option<(Range<usize>, Range<usize>)>,
}

impl List {
    /// A list with room for so many permissions.
    pub(super) fn with_capacity(permissions: usize) -> Self {
        let mut json = Vec::with_capacity(USUAL_BYTES * (permissions + 1));
        json.extend_from_slice(br#"{"object":"list","data":["#);
        Self { json, ids: None }
    }

    /// Adds a permission at the end.
    pub(super) fn push(&mut self, permission: Permission<'_>) {
        let json = &mut self.json;
        if self.ids.is_some() {
            json.push(b',');
        }
        json.extend_from_slice(br#"{"object":"checkpoint.permission","id":"#);
        let id = append_text(json, permission.id);
        json.extend_from_slice(br#","created_at":"#);
        append(json, &permission.created_at);
        json.extend_from_slice(br#","project_id":"#);
        append_text(json, permission.project_id);
        json.push(b'}');
        match &mut self.ids {
            Some((_, last)) => *last = id,
            None => self.ids = Some((id.clone(), id)),
        }
    }

    /// The whole answer.
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
        append(&mut json, &has_more);
        json.push(b'}');
        of_json(StatusCode::OK, json)
    }
}

/// Writes a string and tells where.
fn append_text(json: &mut Vec<u8>, text: &str) -> Range<usize> {
    let start = json.len();
    if is_plain(text) {
        json.push(b'"');
        json.extend_from_slice(text.as_bytes());
        json.push(b'"');
    } else {
        append(json, text);
    }
    start..json.len()
}

/// Whether nothing in it has to be escaped. Looks at every byte even after the first that has, because
/// so it looks at sixteen at a time.
fn is_plain(text: &str) -> bool {
    text.bytes().fold(true, |plain, byte| {
        plain & (byte >= b' ') & (byte != b'"') & (byte != b'\\')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_list_is_json_whatever_its_ids_hold() {
        let odd = Permission {
            id: "cp_\"\\/ü\u{1f}\u{2028}",
            project_id: "p",
            created_at: -1,
        };
        let none: &[Permission<'_>] = &[];
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
                .for_each(|permission| list.push(*permission));
            let body = axum::body::to_bytes(list.finish(true).into_body(), usize::MAX)
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
