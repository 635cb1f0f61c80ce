//! Rules for everything except schemas: the document, parameters, bodies and responses.

use serde_json::{Map, Value, json};

use super::findings::Findings;
use crate::{
    problem::{Note, Problem},
    tree::{self, Kind, Pointer},
};

type Object = Map<String, Value>;

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

const REMEDY: &str = "replace or remove it by an action in openapi/overlay.yaml";

/// Rule name in the notes on optional bodies.
pub(super) const OPTIONAL_BODY: &str = "optional-body";

/// Notes each optional body that is always sent. The client can omit JSON bodies only.
pub(super) fn note_optional_bodies(document: &Value, findings: &mut Findings) {
    for (at, operation) in tree::operations(document) {
        let body = &operation["requestBody"];
        let mut media = tree::entries(&body["content"]).map(|(media, _)| media);
        if let Some(media) = media.next()
            && body["required"] != true
            && !media.starts_with("application/json")
        {
            findings.notes.push(Note::new(
                OPTIONAL_BODY,
                &at.join("requestBody"),
                format!("the optional body of {media} is always sent"),
            ));
        }
    }
}

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

/// Applies every rule to a value that is not a schema.
pub(super) fn lower(value: &mut Value, kind: Kind, at: &Pointer, findings: &mut Findings) {
    let Value::Object(object) = value else {
        findings.problems.push(Problem::new(
            at,
            format!("this must be an object, not {value}"),
            REMEDY,
        ));
        return;
    };
    match kind {
        Kind::Components => {
            // The keys of components are names.
            if let Some(Value::Object(schemas)) = object.get_mut("schemas") {
                boolean_schemas(schemas.iter_mut(), &at.join("schemas"), findings);
            }
            return;
        }
        Kind::PathItem => {
            methods_of_3_2(object, at, findings);
            head_without_content(object, at, findings);
            return;
        }
        _ => {}
    }
    object.retain(|key, _| {
        let is_extension = key.starts_with("x-") && key != crate::select::REPAIR_KEY;
        !is_extension && !NEWER.contains(&key.as_str())
    });
    boolean_schemas(
        object.iter_mut().filter(|(key, _)| *key == "schema"),
        at,
        findings,
    );
    idle_flags(object);
    match kind {
        Kind::Operation => {
            ignored_headers(object, at, findings);
            parameter_order(object);
            statuses_without_content(object);
        }
        Kind::Parameter => {
            path_parameter(object);
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
            findings.problems.push(Problem::new(
                &at.join(key),
                format!("OpenAPI 3.0 has no `{key}`: its methods are GET, PUT, POST, DELETE, OPTIONS, HEAD, PATCH and TRACE"),
                "remove the operation from openapi/select.toml",
            ));
        }
    }
}

/// Removes the content of responses to HEAD, which have no body.
fn head_without_content(item: &mut Object, at: &Pointer, findings: &mut Findings) {
    let responses = item
        .get_mut("head")
        .and_then(|head| head.get_mut("responses"));
    for (status, response) in responses
        .and_then(Value::as_object_mut)
        .into_iter()
        .flatten()
    {
        if response
            .as_object_mut()
            .and_then(|response| response.remove("content"))
            .is_some()
        {
            let at = at.join("head").join("responses").join(status);
            findings.notes.push(Note::new(
                "head",
                &at,
                "dropped `content`: a response to HEAD has no body",
            ));
        }
    }
}

/// Removes the content of responses whose status excludes a body.
fn statuses_without_content(operation: &mut Object) {
    for status in ["204", "205"] {
        let response = operation
            .get_mut("responses")
            .and_then(|responses| responses.get_mut(status));
        if let Some(Value::Object(response)) = response {
            response.remove("content");
        }
    }
}

/// Removes the header parameters `Accept`, `Content-Type` and `Authorization`, which OpenAPI ignores.
fn ignored_headers(operation: &mut Object, at: &Pointer, findings: &mut Findings) {
    let parameters = operation
        .get_mut("parameters")
        .and_then(Value::as_array_mut);
    let Some(parameters) = parameters else { return };
    parameters.retain(|parameter| {
        let name = parameter["name"]
            .as_str()
            .unwrap_or_default()
            .to_ascii_lowercase();
        let ignored = parameter["in"] == "header"
            && matches!(name.as_str(), "accept" | "authorization" | "content-type");
        if ignored {
            let what = format!(
                "dropped the header parameter {name}: OpenAPI ignores parameters of this name"
            );
            findings
                .notes
                .push(Note::new("parameter", &at.join("parameters"), what));
        }
        !ignored
    });
}

/// Sorts the parameters, because their order has no meaning.
fn parameter_order(operation: &mut Object) {
    if let Some(Value::Array(parameters)) = operation.get_mut("parameters") {
        parameters.sort_by_key(|parameter| {
            let text = |key: &str| parameter[key].as_str().unwrap_or_default().to_owned();
            (text("in"), text("name"))
        });
    }
}

/// Makes path parameters required.
fn path_parameter(parameter: &mut Object) {
    if parameter.get("in") == Some(&json!("path")) {
        parameter.insert("required".to_owned(), json!(true));
    }
}

/// Refuses a location or a style that OpenAPI 3.0 does not have, and removes the default style.
fn place_and_style(parameter: &mut Object, at: &Pointer, findings: &mut Findings) {
    let place = parameter.get("in").cloned().unwrap_or_default();
    let Some((_, styles)) = STYLES.iter().find(|(name, _)| place == *name) else {
        findings.problems.push(Problem::new(
            &at.join("in"),
            format!(
                "OpenAPI 3.0 has no parameters in {place}: its locations are path, query, header and cookie"
            ),
            REMEDY,
        ));
        return;
    };
    if let Some(style) = parameter.get("style")
        && !styles.iter().any(|known| style == *known)
    {
        findings.problems.push(Problem::new(
            &at.join("style"),
            format!(
                "OpenAPI 3.0 has no style {style} in {place}: its styles are {}",
                styles.join(", ")
            ),
            REMEDY,
        ));
        return;
    }
    default_style(parameter, styles.first().copied().unwrap_or_default());
}

/// Removes `style` and `explode` if they have their default.
fn default_style(parameter: &mut Object, default: &str) {
    let style = parameter.get("style").cloned();
    let style = style.as_ref().and_then(Value::as_str).unwrap_or(default);
    if parameter.get("explode") == Some(&json!(style == "form")) {
        parameter.remove("explode");
    }
    if style == default {
        parameter.remove("style");
    }
}

/// Refuses security schemes that OpenAPI 3.0 does not have, and removes newer properties of others.
fn security_scheme(scheme: &mut Object, at: &Pointer, findings: &mut Findings) {
    let kind = scheme.get("type").cloned().unwrap_or_default();
    if !super::security::TYPES.iter().any(|known| kind == *known) {
        findings.problems.push(Problem::new(
            &at.join("type"),
            format!("OpenAPI 3.0 has no security scheme of type {kind}: its types are apiKey, http, oauth2 and openIdConnect"),
            "give the operation another `security`, or none, by an action in openapi/overlay.yaml",
        ));
    }
    if let Some(Value::Object(flows)) = scheme.get_mut("flows")
        && flows.remove("deviceAuthorization").is_some()
    {
        findings.notes.push(Note::new(
            "deviceAuthorization",
            at,
            "dropped, because OpenAPI 3.0 does not have this flow",
        ));
    }
}

/// Replaces the schema `true` by `{}` and refuses `false`, which allows no value.
fn boolean_schemas<'a>(
    schemas: impl Iterator<Item = (&'a String, &'a mut Value)>,
    at: &Pointer,
    findings: &mut Findings,
) {
    for (name, schema) in schemas {
        let problem = match schema {
            Value::Bool(false) => "no value is valid for this schema",
            Value::Array(_) => "this must be a schema, not a list",
            _ => "",
        };
        if !problem.is_empty() {
            let at = at.join(name);
            findings.problems.push(Problem::new(&at, problem, REMEDY));
        }
        if *schema == json!(true) {
            *schema = json!({});
        }
    }
}

/// Removes boolean keys with their default, false.
fn idle_flags(object: &mut Object) {
    for key in ["required", "deprecated", "allowEmptyValue", "allowReserved"] {
        if object.get(key) == Some(&json!(false)) {
            object.remove(key);
        }
    }
}
