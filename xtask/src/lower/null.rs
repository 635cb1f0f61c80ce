//! Notes the properties of requests that the client cannot send as null.

use serde_json::Value;

use super::findings::Findings;
use crate::{
    problem::Note,
    schema,
    tree::{self, Kind},
};

/// Rule name in the notes.
pub(crate) const RULE: &str = "optional-null";

/// Notes each optional property that may be null: `None` omits it.
pub(super) fn note(document: &Value, findings: &mut Findings) {
    let requests = schema::only(document, "requestBody");
    tree::read(&requests, &mut |kind, at, value| {
        if kind != Kind::Schema {
            return;
        }
        for (name, property) in value["properties"].as_object().into_iter().flatten() {
            let required = value["required"]
                .as_array()
                .is_some_and(|names| names.iter().any(|required| required == name));
            if property["nullable"] == true && !required {
                let at = at.join("properties").join(name);
                findings.notes.push(Note::new(
                    RULE,
                    &at,
                    format!("{name} cannot be sent as null: `None` omits it"),
                ));
            }
        }
    });
}
