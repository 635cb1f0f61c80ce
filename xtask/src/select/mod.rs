//! Select stage: keeps the operations of `select.toml` and the components that they reach.
//!
//! The stage removes upstream prose, examples and extensions, because the overlay contains the
//! documentation of this project. It inlines all components except schemas, and moves the parameters
//! of a path and the security of the root into each operation. Documents with the same meaning
//! therefore result in the same selected document.

mod missing;
mod prose;
mod schemas;
mod security;
mod selection;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

pub(crate) use self::selection::REPAIR_KEY;
pub use self::selection::{Repair, Request, Selection, Selector};
use crate::{
    names,
    problem::{Note, Problem, Problems},
    reference::{Pointer, follow},
    schema::inline,
    tree::{Kind, METHODS, entries},
};

const STAGE: &str = "select the operations";

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
    let version = version(upstream).map_err(|problem| Problems::one(STAGE, problem))?;
    missing::check_components(upstream).map_err(|problem| Problems::one(STAGE, problem))?;
    let mut selected = json!({
        "openapi": version,
        "info": info(upstream),
        "paths": {},
        "components": {},
    });
    if let Some(servers) = servers(upstream) {
        selected["servers"] = servers.clone();
    }

    let mut problems = Vec::new();
    let mut names = BTreeMap::new();
    for selector in &selection.operations {
        let request = match find(upstream, selector) {
            Ok(request) => request,
            Err(problem) => {
                problems.push(problem);
                continue;
            }
        };
        let at = Pointer::of(["paths", &request.path, &request.method]);
        let mut operation = operation(upstream, &request, &mut problems, notes);
        let name = selector
            .name
            .clone()
            .unwrap_or_else(|| default_name(&operation, &request));
        if let Some(first) = names.insert(name.clone(), request.to_string()) {
            problems.push(Problem::new(
                &at,
                format!("its name in Rust, {name}, is also the name of {first}"),
                format!("give one of them another `name` in {}", place(selector)),
            ));
        }
        operation.insert("operationId".to_owned(), Value::String(name));
        let repairs: BTreeSet<_> = selection.repair.iter().chain(&selector.repair).collect();
        if !repairs.is_empty() {
            let names: Vec<&str> = repairs.iter().map(|repair| repair.name()).collect();
            operation.insert(REPAIR_KEY.to_owned(), json!(names));
        }
        selected["paths"][&request.path][&request.method] = Value::Object(operation);
    }

    schemas::copy_reachable(upstream, &mut selected, &mut problems);
    security::copy(upstream, &mut selected, &mut problems);
    prose::strip(&mut selected);
    Problems::check(STAGE, problems)?;
    Ok(selected)
}

/// Returns the OpenAPI version of the document.
///
/// # Errors
///
/// Returns a problem if the version is not 3.0, 3.1 or 3.2.
pub(crate) fn version(upstream: &Value) -> Result<&str, Problem> {
    let (openapi, swagger) = (upstream.get("openapi"), upstream.get("swagger"));
    let (at, what) = match (openapi, swagger) {
        (Some(Value::String(version)), _) => {
            let mut parts = version.splitn(3, '.');
            if (parts.next(), parts.next().is_some_and(is_supported_minor)) == (Some("3"), true) {
                return Ok(version);
            }
            let what = format!("OpenAPI {version} is not supported");
            (Pointer::of(["openapi"]), what)
        }
        (Some(other), _) => {
            let what = format!("`openapi` is {other}, which is not a version in quotes");
            (Pointer::root(), what)
        }
        (None, Some(version)) => {
            let what = format!("Swagger {version} is not supported");
            (Pointer::root(), what)
        }
        (None, None) => {
            let what = "the document is not OpenAPI: it has no `openapi` version".to_owned();
            (Pointer::root(), what)
        }
    };
    let remedy = "use a document of OpenAPI 3.0, 3.1 or 3.2";
    Err(Problem::new(&at, what, remedy))
}

fn is_supported_minor(minor: &str) -> bool {
    matches!(minor, "0" | "1" | "2")
}

/// Returns the request that an entry of `select.toml` selects.
fn find(upstream: &Value, selector: &Selector) -> Result<Request, Problem> {
    let Some(request) = &selector.request else {
        return find_by_id(upstream, selector);
    };
    let Some((_, id)) = operations(upstream).find(|(found, _)| found == request) else {
        return Err(missing::missing(upstream, request, &place(selector)));
    };
    match &selector.operation_id {
        Some(expected) if id != Some(expected) => Err(Problem::new(
            &Pointer::of(["paths", &request.path, &request.method]),
            match id {
                Some(id) => format!("its operationId is {id}, but select.toml expects {expected}"),
                None => format!("it has no operationId, but select.toml expects {expected}"),
            },
            format!(
                "select the right operation, or correct `operation_id` in {}",
                place(selector)
            ),
        )),
        _ => Ok(request.clone()),
    }
}

fn find_by_id(upstream: &Value, selector: &Selector) -> Result<Request, Problem> {
    let wanted = selector.operation_id.as_deref().unwrap_or_default();
    let matches: Vec<Request> = operations(upstream)
        .filter(|(_, id)| *id == Some(wanted))
        .map(|(request, _)| request)
        .collect();
    let (what, remedy) = match matches.as_slice() {
        [request] => return Ok(request.clone()),
        [] => {
            let ids = operations(upstream).filter_map(|(_, id)| id.map(str::to_owned));
            (
                format!("no operation has the operationId {wanted}"),
                nearest(wanted, ids, &place(selector)),
            )
        }
        [request, ..] => (
            format!("several operations have the operationId {wanted}, for example {request}"),
            format!("use `request` instead in {}", place(selector)),
        ),
    };
    Err(Problem::new(&Pointer::of(["paths"]), what, remedy))
}

/// Returns the location of an entry of `select.toml` for error messages.
fn place(selector: &Selector) -> String {
    match selector.line {
        0 => "openapi/select.toml".to_owned(),
        line => format!("openapi/select.toml, line {line}"),
    }
}

/// Returns every request of the document.
pub(crate) fn requests(upstream: &Value) -> Vec<Request> {
    operations(upstream).map(|(request, _)| request).collect()
}

/// Iterates over every request of the document with its `operationId`.
fn operations(upstream: &Value) -> impl Iterator<Item = (Request, Option<&str>)> {
    let paths = upstream.get("paths").and_then(Value::as_object);
    paths.into_iter().flatten().flat_map(move |(path, item)| {
        let item = follow(upstream, item).unwrap_or(item);
        METHODS.iter().filter_map(move |method| {
            let operation = item.get(method)?;
            let request = Request {
                method: (*method).to_owned(),
                path: path.clone(),
            };
            Some((
                request,
                operation.get("operationId").and_then(Value::as_str),
            ))
        })
    })
}

/// Returns a remedy that lists the candidates most similar to `wanted`.
fn nearest(wanted: &str, candidates: impl Iterator<Item = String>, place: &str) -> String {
    let candidates: Vec<String> = candidates.collect();
    let candidates: Vec<&str> = candidates.iter().map(String::as_str).collect();
    let similar = similar::get_close_matches(wanted, &candidates, 3, 0.6);
    match (similar.is_empty(), candidates.is_empty()) {
        (false, _) => format!(
            "correct {place}; the most similar are: {}",
            similar.join(", ")
        ),
        (true, false) => format!(
            "correct {place}; none of the {} operations of the document is similar",
            candidates.len()
        ),
        (true, true) => "use another document: this one has no operations".to_owned(),
    }
}

/// Returns the servers of the document, or of all its paths if these are equal.
fn servers(upstream: &Value) -> Option<&Value> {
    let mut paths =
        entries(&upstream["paths"]).map(|(_, item)| follow(upstream, item).ok()?.get("servers"));
    let first = paths.next().flatten();
    let common = first.filter(|_| paths.all(|other| other == first));
    upstream.get("servers").or(common)
}

/// Returns the operation with its components inlined and without error responses.
fn operation(
    upstream: &Value,
    request: &Request,
    problems: &mut Vec<Problem>,
    notes: &mut Vec<Note>,
) -> Map<String, Value> {
    let at = Pointer::of(["paths", &request.path, &request.method]);
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
            problems.push(Problem::new(&at, what, "correct the document"));
            return Map::new();
        }
    };

    let mut operation = Map::new();
    for key in ["operationId", "requestBody", "security", "deprecated"] {
        if let Some(value) = source.get(key) {
            operation.insert(key.to_owned(), value.clone());
        }
    }
    if source.contains_key("callbacks") {
        let what = "dropped `callbacks`, which the client does not use";
        notes.push(Note::new("select", &at, what));
    }
    let own = source.get("servers").or_else(|| item.get("servers"));
    if own.is_some() && own != servers(upstream) {
        problems.push(Problem::new(
            &at.join("servers"),
            "the operation has other `servers` than the document, but the client has one base URL",
            "generate a separate client for this operation, from a document with these `servers`",
        ));
    }
    let mut parameters = parameters(upstream, source.get("parameters"), &at, problems);
    for shared in self::parameters(upstream, item.get("parameters"), &at, problems) {
        let is_same = |own: &Value| own["name"] == shared["name"] && own["in"] == shared["in"];
        if !parameters.iter().any(is_same) {
            parameters.push(shared);
        }
    }
    if !parameters.is_empty() {
        operation.insert("parameters".to_owned(), Value::Array(parameters));
    }
    if let (None, Some(security)) = (source.get("security"), upstream.get("security")) {
        operation.insert("security".to_owned(), security.clone());
    }
    let responses = success_responses(source.get("responses"), &at, notes);
    if responses.is_empty() {
        problems.push(Problem::new(
            &at.join("responses"),
            "the operation has no 2xx and no `default` response, so the type of its result is unknown",
            "add the response to the document, or remove the operation from openapi/select.toml",
        ));
    }
    operation.insert("responses".to_owned(), Value::Object(responses));

    let mut value = Value::Object(operation);
    inline(upstream, &mut value, Kind::Operation, &at, problems);
    match value {
        Value::Object(operation) => operation,
        _ => Map::new(),
    }
}

/// Returns the parameters of a list, inlined so that names can be compared.
fn parameters(
    upstream: &Value,
    list: Option<&Value>,
    at: &Pointer,
    problems: &mut Vec<Problem>,
) -> Vec<Value> {
    let mut parameters = list.and_then(Value::as_array).cloned().unwrap_or_default();
    for (index, parameter) in parameters.iter_mut().enumerate() {
        let at = at.join("parameters").join(&index.to_string());
        inline(upstream, parameter, Kind::Parameter, &at, problems);
    }
    parameters
}

/// Returns the 2xx responses, or the `default` response as `2XX` if there is none.
///
/// Error responses are dropped. The generated client would decode a documented error body, and lose
/// the status if the body does not match its schema.
fn success_responses(
    responses: Option<&Value>,
    at: &Pointer,
    notes: &mut Vec<Note>,
) -> Map<String, Value> {
    let Some(Value::Object(responses)) = responses else {
        return Map::new();
    };
    let kept: Map<String, Value> = responses
        .iter()
        .filter(|(status, _)| {
            status.strip_prefix('2').is_some_and(|rest| {
                let is_digit = |c: char| c.is_ascii_digit();
                rest.len() == 2 && rest.chars().all(is_digit) || rest.eq_ignore_ascii_case("xx")
            })
        })
        .map(|(status, response)| (status.to_uppercase(), response.clone()))
        .collect();
    match (kept.is_empty(), responses.get("default")) {
        (true, Some(default)) => {
            let what = "used the `default` response for success, because there is no 2xx response";
            notes.push(Note::new("select", at, what));
            Map::from_iter([("2XX".to_owned(), default.clone())])
        }
        _ => kept,
    }
}

/// Returns the name of the method if `select.toml` has none.
fn default_name(operation: &Map<String, Value>, request: &Request) -> String {
    let id = operation.get("operationId").and_then(Value::as_str);
    let text = id.map_or_else(|| request.to_string(), str::to_owned);
    names::snake(&text)
}

fn info(upstream: &Value) -> Value {
    let text = |key: &str, default: &str| {
        let value = upstream.pointer(&format!("/info/{key}"));
        json!(value.and_then(Value::as_str).unwrap_or(default))
    };
    json!({ "title": text("title", "API"), "version": text("version", "0") })
}

#[cfg(test)]
mod tests;
