//! Select stage: keeps the operations of `select.toml` and the components that they reach.
//!
//! The stage removes upstream prose, examples and extensions, because the overlay contains the
//! documentation of this project. It inlines all components except schemas, and moves the parameters
//! of a path and the security of the root into each operation. Documents with the same meaning
//! therefore result in the same selected document.

mod components;
mod find;
mod selection;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

pub use self::selection::{Repair, Request, Selection, Selector};
pub(crate) use self::{
    find::{requests, version},
    selection::REPAIR_KEY,
};
use crate::{
    names,
    problem::{Findings, Note, Problems},
    reference::{Pointer, follow},
    schema::inline,
    tree::{Kind, elements, entries},
};

/// Returns a document with only the selected operations, in the OpenAPI version of `upstream`.
///
/// # Errors
///
/// Returns all problems: a document that is not OpenAPI 3.0 to 3.2, an entry of `select.toml` that
/// matches no operation, an operation without a success response, and references that cannot be
/// resolved.
pub fn select(
    upstream: &Value,
    selection: &Selection,
    notes: &mut Vec<Note>,
) -> Result<Value, Problems> {
    let version = version(upstream)?;
    find::check_components(upstream)?;
    let mut selected = json!({
        "openapi": version,
        "info": info(upstream),
        "paths": {},
        "components": {},
    });
    if let Some(servers) = servers(upstream) {
        selected["servers"] = servers.clone();
    }

    let mut findings = Findings::default();
    let mut names = BTreeMap::new();
    for selector in &selection.operations {
        let request = match find::find(upstream, selector) {
            Ok(request) => request,
            Err(problem) => {
                findings.problems.push(problem);
                continue;
            }
        };
        let mut operation = operation(upstream, &request, &mut findings);
        let id = operation.get("operationId").and_then(Value::as_str);
        let default = || names::snake(&id.map_or_else(|| request.to_string(), str::to_owned));
        let name = selector.name.clone().unwrap_or_else(default);
        if let Some(first) = names.insert(name.clone(), request.to_string()) {
            findings.problem(
                &request.pointer(),
                format!("its name in Rust, {name}, is also the name of {first}"),
                format!("give one of them another `name` in {}", selector.place()),
            );
        }
        operation.insert("operationId".to_owned(), json!(name));
        let repairs: BTreeSet<_> = selection.repair.iter().chain(&selector.repair).collect();
        if !repairs.is_empty() {
            operation.insert(REPAIR_KEY.to_owned(), json!(repairs));
        }
        selected["paths"][&request.path][&request.method] = Value::Object(operation);
    }

    components::copy_schemas(upstream, &mut selected, &mut findings);
    components::copy_security(upstream, &mut selected, &mut findings);
    components::strip_prose(&mut selected);
    findings.finish("select the operations", notes)?;
    Ok(selected)
}

/// Returns the servers of the document, or else the servers of its paths if they are the same for
/// all paths.
fn servers(upstream: &Value) -> Option<&Value> {
    let mut paths =
        entries(&upstream["paths"]).map(|(_, item)| follow(upstream, item).ok()?.get("servers"));
    let first = paths.next().flatten();
    let common = first.filter(|_| paths.all(|other| other == first));
    upstream.get("servers").or(common)
}

/// Returns the operation with its components inlined and without error responses.
fn operation(upstream: &Value, request: &Request, findings: &mut Findings) -> Map<String, Value> {
    let at = request.pointer();
    let item = &upstream["paths"][&request.path];
    let item = follow(upstream, item).unwrap_or(item);
    let source = match &item[&request.method] {
        Value::Object(source) if !source.contains_key("$ref") => source,
        other => {
            let what = match other.get("$ref") {
                Some(reference) => {
                    format!("$ref {reference} replaces the operation, which OpenAPI does not allow")
                }
                None => "the operation is not an object".to_owned(),
            };
            findings.problem(&at, what, "correct the document");
            return Map::new();
        }
    };

    let mut operation = Map::new();
    for key in ["operationId", "requestBody", "security", "deprecated"] {
        let default = upstream.get(key).filter(|_| key == "security");
        if let Some(value) = source.get(key).or(default) {
            operation.insert(key.to_owned(), value.clone());
        }
    }
    if source.contains_key("callbacks") {
        let what = "dropped `callbacks`, which the client does not use";
        findings.note("select", &at, what);
    }
    let own = source.get("servers").or_else(|| item.get("servers"));
    if own.is_some() && own != servers(upstream) {
        findings.problem(
            &at.join("servers"),
            "the operation has other `servers` than the document, but the client has one base URL",
            "generate a separate client for this operation, from a document with these `servers`",
        );
    }
    let mut inlined = |list: Option<&Value>| {
        let mut list: Vec<Value> = list.into_iter().flat_map(elements).cloned().collect();
        for (index, parameter) in list.iter_mut().enumerate() {
            let at = at.join("parameters").join(&index.to_string());
            inline(upstream, parameter, Kind::Parameter, &at, findings);
        }
        list
    };
    let mut parameters = inlined(source.get("parameters"));
    let mut shared = inlined(item.get("parameters"));
    shared.retain(|shared| {
        let is_same = |own: &Value| own["name"] == shared["name"] && own["in"] == shared["in"];
        !parameters.iter().any(is_same)
    });
    parameters.append(&mut shared);
    if !parameters.is_empty() {
        operation.insert("parameters".to_owned(), Value::Array(parameters));
    }
    let responses = success_responses(source.get("responses"), &at, findings);
    operation.insert("responses".to_owned(), Value::Object(responses));

    let mut value = Value::Object(operation);
    inline(upstream, &mut value, Kind::Operation, &at, findings);
    match value {
        Value::Object(operation) => operation,
        _ => Map::new(),
    }
}

/// Returns the 2xx responses, or the `default` response as `2XX` if there is none.
///
/// Error responses are dropped. The generated client would decode a documented error body, and lose
/// the status if the body does not match its schema.
fn success_responses(
    responses: Option<&Value>,
    at: &Pointer,
    findings: &mut Findings,
) -> Map<String, Value> {
    let mut kept = Map::new();
    for (status, response) in responses.into_iter().flat_map(entries) {
        let status = status.to_uppercase();
        let is_success = status.strip_prefix('2').is_some_and(|rest| {
            rest == "XX" || rest.len() == 2 && rest.bytes().all(|byte| byte.is_ascii_digit())
        });
        if is_success {
            kept.insert(status, response.clone());
        }
    }
    match responses.and_then(|responses| responses.get("default")) {
        _ if !kept.is_empty() => {}
        Some(default) => {
            let what = "used the `default` response for success, because there is no 2xx response";
            findings.note("select", at, what);
            kept.insert("2XX".to_owned(), default.clone());
        }
        None => findings.problem(
            &at.join("responses"),
            "the operation has no 2xx and no `default` response, so the type of its result is unknown",
            "add the response to the document, or remove the operation from openapi/select.toml",
        ),
    }
    kept
}

fn info(upstream: &Value) -> Value {
    let info = &upstream["info"];
    json!({
        "title": info["title"].as_str().unwrap_or("API"),
        "version": info["version"].as_str().unwrap_or("0"),
    })
}

#[cfg(test)]
mod tests;
