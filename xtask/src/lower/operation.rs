//! The rules for everything around schemas: parameters, bodies, responses.

use serde_json::{Value, json};

use super::Findings;
use crate::{
    problem::{Note, Problem},
    tree::{Kind, Pointer},
};

/// Applies every rule to a value that is not a schema.
pub(super) fn lower(value: &mut Value, kind: Kind, at: &Pointer, findings: &mut Findings) {
    let Value::Object(object) = value else { return };
    if kind == Kind::Components {
        // Its keys are no keywords, and neither are theirs.
        if let Some(Value::Object(schemas)) = object.get_mut("schemas") {
            booleans(schemas.iter_mut(), &at.join("schemas"), findings);
        }
        return;
    }
    object.retain(|key, _| !key.starts_with("x-") || key == super::MARK);
    booleans(
        object.iter_mut().filter(|(key, _)| *key == "schema"),
        at,
        findings,
    );
    match kind {
        Kind::Document => {
            for key in ["webhooks", "jsonSchemaDialect", "$self"] {
                object.remove(key);
            }
            if let Some(Value::Object(license)) = object
                .get_mut("info")
                .and_then(|info| info.get_mut("license"))
            {
                license.remove("identifier");
            }
        }
        Kind::Operation => {
            for key in ["deprecated"] {
                if object.get(key) == Some(&json!(false)) {
                    object.remove(key);
                }
            }
            if let Some(Value::Array(parameters)) = object.get_mut("parameters") {
                parameters.sort_by_key(|parameter| {
                    let text = |key: &str| parameter[key].as_str().unwrap_or_default().to_owned();
                    (text("in"), text("name"))
                });
            }
        }
        Kind::Parameter | Kind::Header => {
            if kind == Kind::Parameter && object.get("in") == Some(&json!("path")) {
                object.insert("required".to_owned(), json!(true));
            }
            for key in ["required", "deprecated", "allowEmptyValue", "allowReserved"] {
                if object.get(key) == Some(&json!(false)) {
                    object.remove(key);
                }
            }
            drop_default_style(object);
        }
        Kind::MediaType if object.remove("itemSchema").is_some() => {
            findings.notes.push(Note::new(
                "itemSchema",
                at,
                "dropped: the body is read as bytes",
            ));
        }
        _ => {}
    }
}

/// `true` allows anything, as `{}` does; `false` nothing at all.
fn booleans<'a>(
    schemas: impl Iterator<Item = (&'a String, &'a mut Value)>,
    at: &Pointer,
    findings: &mut Findings,
) {
    for (name, schema) in schemas {
        if *schema == json!(false) {
            findings.problems.push(Problem::new(
                &at.join(name),
                "nothing can satisfy this schema",
                "replace or remove it by an action in openapi/overlay.yaml",
            ));
        }
        if schema.is_boolean() {
            *schema = json!({});
        }
    }
}

/// The style that a parameter has anyway needs no mention.
fn drop_default_style(parameter: &mut serde_json::Map<String, Value>) {
    let place = parameter
        .get("in")
        .and_then(Value::as_str)
        .unwrap_or("header");
    let default = match place {
        "query" | "cookie" => "form",
        _ => "simple",
    };
    let style = parameter
        .get("style")
        .and_then(Value::as_str)
        .unwrap_or(default)
        .to_owned();
    if style == default {
        parameter.remove("style");
    }
    if parameter.get("explode") == Some(&json!(style == "form")) {
        parameter.remove("explode");
    }
}
