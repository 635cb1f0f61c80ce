//! Repairs: optional changes that lose information. `select.toml` enables them, for all or for single
//! operations.

use serde::Deserialize;
use serde_json::{Value, json};

use super::findings::Findings;
use crate::{
    model::shapes::{Shape, Shapes},
    problem::{Note, Problem},
    reference::Pointer,
    select::{REPAIR_KEY, Repair},
    tree::METHODS,
};

/// Applies the repairs that the selection added to each operation.
pub(super) fn apply(document: &mut Value, findings: &mut Findings) {
    let schemas = document
        .pointer("/components/schemas")
        .cloned()
        .unwrap_or_default();
    let items = document
        .get_mut("paths")
        .and_then(Value::as_object_mut)
        .into_iter()
        .flatten();
    for (path, item) in items {
        for method in METHODS {
            let Some(operation) = item.get_mut(method).and_then(Value::as_object_mut) else {
                continue;
            };
            let Some(mark) = operation.remove(REPAIR_KEY) else {
                continue;
            };
            let at = Pointer::of(["paths", path, method]);
            for name in mark.as_array().into_iter().flatten() {
                match Repair::deserialize(name) {
                    Ok(Repair::KeepJsonBody) => keep_json_body(operation, &at, findings),
                    Ok(Repair::DropObjectParameters) => {
                        drop_object_parameters(operation, &schemas, &at, findings);
                    }
                    Ok(Repair::ListHeadersAsText) => {
                        list_headers(operation, &schemas, &at, findings)
                    }
                    Err(_) => findings.problems.push(Problem::new(
                        &at.join(REPAIR_KEY),
                        format!("the repair {name} does not exist"),
                        format!("use one of {}", Repair::ALL.map(Repair::name).join(", ")),
                    )),
                }
            }
        }
    }
}

type Operation = serde_json::Map<String, Value>;

fn keep_json_body(operation: &mut Operation, at: &Pointer, findings: &mut Findings) {
    let content = operation
        .get_mut("requestBody")
        .and_then(|body| body.get_mut("content"))
        .and_then(Value::as_object_mut);
    let Some(content) =
        content.filter(|content| content.len() > 1 && content.contains_key("application/json"))
    else {
        return;
    };
    let others: Vec<String> = content
        .keys()
        .filter(|media| *media != "application/json")
        .cloned()
        .collect();
    content.retain(|media, _| media == "application/json");
    let at = at.join("requestBody").join("content");
    findings.notes.push(Note::new(
        Repair::KeepJsonBody.name(),
        &at,
        format!("removed the media types {}", others.join(", ")),
    ));
}

/// Returns whether a value of the schema can have a shape.
fn may_be(schemas: &Value, schema: &Value, shape: fn(&Shape) -> bool) -> bool {
    Shapes(schemas)
        .alternatives(schema)
        .is_ok_and(|shapes| shapes.iter().any(shape))
}

fn drop_object_parameters(
    operation: &mut Operation,
    schemas: &Value,
    at: &Pointer,
    findings: &mut Findings,
) {
    let Some(list) = operation
        .get_mut("parameters")
        .and_then(Value::as_array_mut)
    else {
        return;
    };
    list.retain(|parameter| {
        let optional = parameter["required"] != true;
        let object = parameter
            .get("style")
            .is_some_and(|style| style == "deepObject")
            || may_be(schemas, &parameter["schema"], |shape| {
                matches!(shape, Shape::Object(_))
            });
        if optional && object {
            let what = format!("removed the parameter {}", parameter["name"]);
            let at = at.join("parameters");
            findings
                .notes
                .push(Note::new(Repair::DropObjectParameters.name(), &at, what));
        }
        !(optional && object)
    });
}

fn list_headers(operation: &mut Operation, schemas: &Value, at: &Pointer, findings: &mut Findings) {
    let Some(list) = operation
        .get_mut("parameters")
        .and_then(Value::as_array_mut)
    else {
        return;
    };
    for parameter in list {
        let header = parameter["in"] == "header";
        if header
            && may_be(schemas, &parameter["schema"], |shape| {
                matches!(shape, Shape::Array(_))
            })
        {
            parameter["schema"] = json!({"type": "string"});
            let what = format!(
                "the header {} became a string with comma-separated values",
                parameter["name"]
            );
            let at = at.join("parameters");
            findings
                .notes
                .push(Note::new(Repair::ListHeadersAsText.name(), &at, what));
        }
    }
}
