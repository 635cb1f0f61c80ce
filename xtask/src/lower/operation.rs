//! Rules for everything except schemas: the document, parameters, bodies and responses.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Findings, NO_VALUE, Object, REMEDY};
use crate::tree::{self, Kind, Pointer, entries, text};

/// Locations of parameters in OpenAPI 3.0 and their styles, with the default style first.
const STYLES: [(&str, &[&str]); 4] = [
    ("path", &["simple", "label", "matrix"]),
    (
        "query",
        &["form", "spaceDelimited", "pipeDelimited", "deepObject"],
    ),
    ("header", &["simple"]),
    ("cookie", &["form"]),
];

/// Keys of OpenAPI 3.1 and 3.2 that have no effect on the client, such as those of event streams.
const NEWER: [&str; 7] = [
    "$self",
    "itemEncoding",
    "itemSchema",
    "jsonSchemaDialect",
    "oauth2MetadataUrl",
    "prefixEncoding",
    "webhooks",
];

/// Boolean keys whose default is false.
const FLAGS: [&str; 4] = ["required", "deprecated", "allowEmptyValue", "allowReserved"];

/// Applies every rule to a value that is not a schema.
pub(super) fn lower(value: &mut Value, kind: Kind, at: &Pointer, findings: &mut Findings) {
    let Value::Object(object) = value else {
        let what = format!("this must be an object, not {value}");
        return findings.problem(at, what, REMEDY);
    };
    // The keys of components are names and the keys of path items are methods, so they are not
    // treated as keywords.
    if !matches!(kind, Kind::Components | Kind::PathItem) {
        object.retain(|key, value| {
            let is_extension = key.starts_with("x-") && key != crate::select::REPAIR_KEY;
            let is_default = FLAGS.contains(&key.as_str()) && *value == false;
            !is_extension && !is_default && !NEWER.contains(&key.as_str())
        });
        if object.get("schema") == Some(&json!(false)) {
            findings.problem(&at.join("schema"), NO_VALUE, REMEDY);
        }
    }
    match kind {
        Kind::Components => {
            let schemas = object.get("schemas").into_iter().flat_map(entries);
            for (name, _) in schemas.filter(|(_, schema)| **schema == false) {
                findings.problem(&at.join("schemas").join(name), NO_VALUE, REMEDY);
            }
        }
        Kind::PathItem => methods_of_3_2(object, at, findings),
        Kind::Operation => {
            ignored_headers(object, at, findings);
            parameter_order(object);
            responses_without_body(object, at, findings);
        }
        Kind::Parameter => {
            if object.get("in") == Some(&json!("path")) {
                object.insert("required".to_owned(), json!(true));
            }
            place_and_style(object, at, findings);
        }
        Kind::Header => default_style(object, "simple"),
        Kind::SecurityScheme => security_scheme(object, at, findings),
        _ => {}
    }
}

/// Refuses methods that OpenAPI 3.0 does not have, so that no operation is dropped silently.
fn methods_of_3_2(item: &mut Object, at: &Pointer, findings: &mut Findings) {
    for key in ["query", "additionalOperations"] {
        if item.contains_key(key) {
            let what = format!(
                "OpenAPI 3.0 has no `{key}`: its methods are GET, PUT, POST, DELETE, OPTIONS, HEAD, PATCH and TRACE"
            );
            let remedy = "remove the operation from openapi/select.toml";
            findings.problem(&at.join(key), what, remedy);
        }
    }
}

/// Removes the content of responses to HEAD, and of responses whose status excludes a body.
fn responses_without_body(operation: &mut Object, at: &Pointer, findings: &mut Findings) {
    let is_head = at.keys().last().is_some_and(|method| method == "head");
    let Some(Value::Object(responses)) = operation.get_mut("responses") else {
        return;
    };
    for (status, response) in responses {
        if let Value::Object(response) = response
            && (is_head || matches!(status.as_str(), "204" | "205"))
            && response.remove("content").is_some()
            && is_head
        {
            let what = "dropped `content`: a response to HEAD has no body";
            findings.note("head", &at.join("responses").join(status), what);
        }
    }
}

/// Removes the header parameters `Accept`, `Content-Type` and `Authorization`, which OpenAPI ignores.
fn ignored_headers(operation: &mut Object, at: &Pointer, findings: &mut Findings) {
    if let Some(Value::Array(parameters)) = operation.get_mut("parameters") {
        parameters.retain(|parameter| {
            let name = text(&parameter["name"]).to_ascii_lowercase();
            let is_ignored = parameter["in"] == "header"
                && matches!(name.as_str(), "accept" | "authorization" | "content-type");
            if is_ignored {
                let what = format!(
                    "dropped the header parameter {name}: OpenAPI ignores parameters of this name"
                );
                findings.note("parameter", &at.join("parameters"), what);
            }
            !is_ignored
        });
    }
}

/// Sorts the parameters, because their order has no meaning.
fn parameter_order(operation: &mut Object) {
    if let Some(Value::Array(parameters)) = operation.get_mut("parameters") {
        parameters.sort_by_key(|parameter| {
            let key = |key: &str| text(&parameter[key]).to_owned();
            (key("in"), key("name"))
        });
    }
}

/// Refuses a location or a style that OpenAPI 3.0 does not have, and removes the default style.
fn place_and_style(parameter: &mut Object, at: &Pointer, findings: &mut Findings) {
    let place = parameter.get("in").cloned().unwrap_or_default();
    let Some((_, styles)) = STYLES.iter().find(|(name, _)| place == *name) else {
        let what = format!(
            "OpenAPI 3.0 has no parameters in {place}: its locations are path, query, header and cookie"
        );
        return findings.problem(&at.join("in"), what, REMEDY);
    };
    if let Some(style) = parameter.get("style")
        && !styles.iter().any(|known| style == *known)
    {
        let what = format!(
            "OpenAPI 3.0 has no style {style} in {place}: its styles are {}",
            styles.join(", ")
        );
        return findings.problem(&at.join("style"), what, REMEDY);
    }
    default_style(parameter, styles[0]);
}

/// Removes `style` and `explode` if they have their default.
fn default_style(parameter: &mut Object, default: &str) {
    let style = parameter.get("style").cloned();
    let style = style.as_ref().map_or(default, text);
    if parameter.get("explode") == Some(&json!(style == "form")) {
        parameter.remove("explode");
    }
    if style == default {
        parameter.remove("style");
    }
}

/// Refuses security schemes that OpenAPI 3.0 does not have, and removes newer properties from the
/// supported schemes.
fn security_scheme(scheme: &mut Object, at: &Pointer, findings: &mut Findings) {
    let kind = scheme.get("type").cloned().unwrap_or_default();
    if !SECURITY_TYPES.iter().any(|known| kind == *known) {
        let what = format!(
            "OpenAPI 3.0 has no security scheme of type {kind}: its types are apiKey, http, oauth2 and openIdConnect"
        );
        let remedy =
            "give the operation another `security`, or none, by an action in openapi/overlay.yaml";
        findings.problem(&at.join("type"), what, remedy);
    }
    if let Some(Value::Object(flows)) = scheme.get_mut("flows")
        && flows.remove("deviceAuthorization").is_some()
    {
        let what = "dropped, because OpenAPI 3.0 does not have this flow";
        findings.note("deviceAuthorization", at, what);
    }
}

/// Types of security schemes in OpenAPI 3.0.
const SECURITY_TYPES: [&str; 4] = ["apiKey", "http", "oauth2", "openIdConnect"];

/// Removes alternatives that use an unsupported scheme, if a supported alternative remains, and the
/// schemes that no operation uses.
pub(super) fn keep_supported_security(document: &mut Value) {
    let schemes = document["components"]["securitySchemes"].clone();
    let is_scheme_supported = |name: &String| {
        let kind = schemes[name]["type"].as_str();
        kind.is_none_or(|kind| SECURITY_TYPES.contains(&kind))
    };
    let is_supported =
        |requirement: &Value| entries(requirement).all(|(name, _)| is_scheme_supported(name));
    let mut used = BTreeSet::new();
    tree::outside_in(document, &mut |kind, _, value| {
        if matches!(kind, Kind::Document | Kind::Operation)
            && let Some(Value::Array(requirements)) = value.get_mut("security")
        {
            if requirements.iter().any(is_supported) {
                requirements.retain(is_supported);
            }
            let names = requirements.iter().flat_map(entries);
            used.extend(names.map(|(name, _)| name.clone()));
        }
    });
    if let Some(Value::Object(schemes)) = document.pointer_mut("/components/securitySchemes") {
        schemes.retain(|name, _| used.contains(name));
    }
}
