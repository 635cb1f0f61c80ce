//! Notes the values that the client cannot send, and applies repairs, which lose information.
//! `select.toml` enables repairs for all operations or for single operations.

use serde::Deserialize;
use serde_json::{Value, json};

use super::Findings;
use crate::{
    model::shapes::{Shape, Shapes},
    reference::Pointer,
    schema::only,
    select::{REPAIR_KEY, Repair},
    tree::{self, Kind, elements, entries},
};

/// Applies the repairs that the selection added to each operation.
pub(super) fn repair(document: &mut Value, findings: &mut Findings) {
    let schemas = tree::schemas(document).clone();
    tree::outside_in(document, &mut |kind, at, value| {
        let (Kind::Operation, Value::Object(operation)) = (kind, &mut *value) else {
            return;
        };
        let Some(Value::Array(names)) = operation.remove(REPAIR_KEY) else {
            return;
        };
        for name in names {
            match Repair::deserialize(&name) {
                Ok(Repair::KeepJsonBody) => keep_json_body(value, at, findings),
                Ok(repair) => repair_parameters(value, repair, Shapes(&schemas), at, findings),
                Err(_) => findings.problem(
                    &at.join(REPAIR_KEY),
                    format!("the repair {name} does not exist"),
                    format!("use one of {}", Repair::ALL.map(Repair::name).join(", ")),
                ),
            }
        }
    });
}

fn keep_json_body(operation: &mut Value, at: &Pointer, findings: &mut Findings) {
    let body = operation.get_mut("requestBody");
    let Some(Value::Object(content)) = body.and_then(|body| body.get_mut("content")) else {
        return;
    };
    if content.len() > 1 && content.contains_key("application/json") {
        let others = content.keys().filter(|media| *media != "application/json");
        let others: Vec<&str> = others.map(String::as_str).collect();
        let what = format!("removed the media types {}", others.join(", "));
        let at = at.join("requestBody").join("content");
        findings.note(Repair::KeepJsonBody.name(), &at, what);
        content.retain(|media, _| media == "application/json");
    }
}

/// Depending on the repair, removes optional parameters that are objects, or changes the type of
/// array headers to string.
fn repair_parameters(
    operation: &mut Value,
    repair: Repair,
    shapes: Shapes<'_>,
    at: &Pointer,
    findings: &mut Findings,
) {
    let Some(Value::Array(list)) = operation.get_mut("parameters") else {
        return;
    };
    list.retain_mut(|parameter| {
        let may_be = |shape: fn(&Shape) -> bool| {
            let alternatives = shapes.alternatives(&parameter["schema"]);
            alternatives.is_ok_and(|shapes| shapes.iter().any(shape))
        };
        let is_object =
            parameter["style"] == "deepObject" || may_be(|shape| matches!(shape, Shape::Object(_)));
        let is_list = may_be(|shape| matches!(shape, Shape::Array(_)));
        let name = &parameter["name"];
        let is_removed = parameter["required"] != true && is_object;
        let what = match repair {
            Repair::DropObjectParameters if is_removed => {
                format!("removed the parameter {name}")
            }
            Repair::ListHeadersAsText if is_list && parameter["in"] == "header" => {
                let what = format!("the header {name} became a string with comma-separated values");
                parameter["schema"] = json!({"type": "string"});
                what
            }
            _ => return true,
        };
        findings.note(repair.name(), &at.join("parameters"), what);
        repair != Repair::DropObjectParameters
    });
}

/// Rules that replace a declared type, or note a value that the client cannot send.
pub(crate) const LOSSES: [&str; 4] = [
    OPTIONAL_BODY,
    OPTIONAL_NULL,
    "patternProperties",
    "prefixItems",
];

const OPTIONAL_BODY: &str = "optional-body";
const OPTIONAL_NULL: &str = "optional-null";

/// Adds a note for each optional body that the client always sends, because the client can omit
/// only JSON bodies.
///
/// Also adds a note for each optional property of a request body that may be null. The client omits
/// an optional property that is `None`, so the client cannot send null for the property.
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
    tree::read(&only(document, "requestBody"), &mut |kind, at, value| {
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
    });
}
