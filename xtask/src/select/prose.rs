//! Dropping what people read and programs do not: upstream prose, samples and extensions.

use serde_json::Value;

use crate::{
    lower::MARK,
    tree::{self, Kind, Pointer},
};

/// Keys that carry no meaning for a client, wherever an object of the specification stands.
const PROSE: [&str; 10] = [
    "description",
    "summary",
    "title",
    "externalDocs",
    "example",
    "examples",
    "tags",
    "links",
    "$comment",
    "deprecationReason",
];

/// Removes prose, samples and `x-` extensions; names, types and rules stay.
pub(super) fn strip(document: &mut Value) {
    tree::outside_in(
        document,
        Kind::Document,
        &mut Pointer::root(),
        &mut |kind, _, value| {
            let Value::Object(object) = value else { return };
            match kind {
                // Its keys are names of components and methods.
                Kind::Components | Kind::PathItem => {}
                _ => object.retain(|key, _| {
                    let extension =
                        key.starts_with("x-") && !(kind == Kind::Operation && key == MARK);
                    !extension && !PROSE.contains(&key.as_str())
                }),
            }
            if kind == Kind::Response {
                // The specification requires one; the overlay gives the words.
                object.insert("description".to_owned(), Value::String(String::new()));
            }
        },
    );
    if let Some(Value::Array(servers)) = document.get_mut("servers") {
        for server in servers.iter_mut().filter_map(Value::as_object_mut) {
            server.retain(|key, _| key == "url" || key == "variables");
        }
    }
}
