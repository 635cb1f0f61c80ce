//! Removes upstream prose, examples and extensions.

use serde_json::Value;

use super::REPAIR_KEY;
use crate::{
    keywords::{self, Role},
    tree::{self, Kind},
};

/// Documentation keys of objects that are not schemas.
const PROSE: [&str; 4] = ["deprecationReason", "links", "summary", "tags"];

/// Removes prose, examples and `x-` extensions from a selected document.
pub(super) fn strip(document: &mut Value) {
    tree::outside_in(document, &mut |kind, _, value| {
        let Value::Object(object) = value else { return };
        // The keys of components and path items are names, not keywords.
        if !matches!(kind, Kind::Components | Kind::PathItem) {
            object.retain(|key, _| {
                let extension =
                    key.starts_with("x-") && !(kind == Kind::Operation && key == REPAIR_KEY);
                let prose = keywords::role(key) == Some(Role::Prose);
                !extension && !prose && !PROSE.contains(&key.as_str())
            });
        }
        if kind == Kind::Response {
            // OpenAPI requires `description`. The overlay sets its text.
            object.insert("description".to_owned(), Value::String(String::new()));
        }
    });
    if let Some(Value::Array(servers)) = document.get_mut("servers") {
        for server in servers.iter_mut().filter_map(Value::as_object_mut) {
            server.retain(|key, _| key == "url" || key == "variables");
        }
    }
}
