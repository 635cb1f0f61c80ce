//! Notes the values that the client cannot send.

use serde_json::Value;

use crate::{
    problem::Findings,
    schema,
    tree::{self, Kind, elements, entries},
};

/// Rules that replace a declared type, or note a value that the client cannot send.
pub(crate) const LOSSES: [&str; 4] = [
    OPTIONAL_BODY,
    OPTIONAL_NULL,
    "patternProperties",
    "prefixItems",
];

const OPTIONAL_BODY: &str = "optional-body";
const OPTIONAL_NULL: &str = "optional-null";

/// Notes each optional body that is always sent, and each optional property that may be null.
///
/// The client can omit JSON bodies only. It omits a property that is `None`.
pub(super) fn note(document: &Value, findings: &mut Findings) {
    for (at, operation) in tree::operations(document) {
        let body = &operation["requestBody"];
        let media = entries(&body["content"]).next().map(|(media, _)| media);
        if let Some(media) = media.filter(|media| !media.starts_with("application/json"))
            && body["required"] != true
        {
            let what = format!("the optional body of {media} is always sent");
            findings.note(OPTIONAL_BODY, &at.join("requestBody"), what);
        }
    }
    tree::read(
        &schema::only(document, "requestBody"),
        &mut |kind, at, value| {
            if kind != Kind::Schema {
                return;
            }
            for (name, property) in entries(&value["properties"]) {
                let is_required = elements(&value["required"]).any(|required| required == name);
                if property["nullable"] == true && !is_required {
                    let what = format!("{name} cannot be sent as null: `None` omits it");
                    findings.note(OPTIONAL_NULL, &at.join("properties").join(name), what);
                }
            }
        },
    );
}
