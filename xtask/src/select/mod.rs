//! Keeping the operations of `select.toml` and what they reach; everything else goes.
//!
//! Upstream prose, samples and extensions go too: this project's documents are its own, in the
//! overlay, and an upstream edit of prose makes no difference here. Parameters, headers, bodies and
//! responses that are kept in `components` are written out where they are used, parameters of a path
//! and the root's security in each operation, so that what means the same reads the same.

mod hoist;
mod inline;
mod missing;
mod prose;
mod references;
mod schemas;
mod security;
mod selection;

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

pub use self::selection::{Request, Selection, Selector};
pub(crate) use self::{
    inline::inline,
    schemas::{component_name, is_plain, keep_reachable, merge, reference_to},
};
use crate::{
    lower::MARK,
    problem::{Note, Problem, Problems},
    tree::{Kind, METHODS, Pointer},
};

const STAGE: &str = "select the operations";

/// A document of the selected operations alone, in the version of OpenAPI it was written in.
///
/// # Errors
///
/// A document that is not OpenAPI 3.0 to 3.2, a selector that matches nothing (with the nearest
/// requests), an id that belongs to another request, references that lead nowhere or outside.
pub fn select(
    upstream: &Value,
    selection: &Selection,
    notes: &mut Vec<Note>,
) -> Result<Value, Problems> {
    let version = version(upstream).map_err(|problem| Problems::one(STAGE, problem))?;
    missing::check_components(upstream).map_err(|problem| Problems::one(STAGE, problem))?;
    let mut problems = Vec::new();
    let mut paths = Map::new();
    let mut names = Vec::new();

    for selector in &selection.operations {
        match find(upstream, selector) {
            Ok(request) => {
                let at = Pointer::of(["paths", &request.path, &request.method]);
                let operation = operation(upstream, &request, &mut problems, notes);
                let name = selector
                    .name
                    .clone()
                    .unwrap_or_else(|| default_name(&operation, &request));
                if let Some((_, first)) = names.iter().find(|(taken, _)| *taken == name) {
                    problems.push(Problem::new(
                        &at,
                        format!("its name in Rust, {name}, is already that of {first}"),
                        "give one of the two another `name` in select.toml",
                    ));
                }
                names.push((name.clone(), request.to_string()));
                let mut operation = operation;
                operation.insert("operationId".to_owned(), Value::String(name));
                let repairs: BTreeSet<_> =
                    selection.repair.iter().chain(&selector.repair).collect();
                if !repairs.is_empty() {
                    let names: Vec<&str> = repairs.iter().map(|repair| repair.name()).collect();
                    operation.insert(MARK.to_owned(), json!(names));
                }
                let item = paths.entry(request.path).or_insert_with(|| json!({}));
                if let Value::Object(item) = item {
                    item.insert(request.method, Value::Object(operation));
                }
            }
            Err(problem) => problems.push(problem),
        }
    }

    let mut selected = json!({
        "openapi": version,
        "info": info(upstream),
        "paths": paths,
        "components": {},
    });
    if let Some(servers) = upstream.get("servers") {
        selected["servers"] = servers.clone();
    }
    schemas::copy_reachable(upstream, &mut selected, &mut problems);
    security::copy(upstream, &mut selected, &mut problems);
    prose::strip(&mut selected);
    Problems::check(STAGE, problems)?;
    Ok(selected)
}

/// The document's version of OpenAPI, if the pipeline reads it.
pub(crate) fn version(upstream: &Value) -> Result<&str, Problem> {
    let supported = "give a document of OpenAPI 3.0, 3.1 or 3.2";
    if let Some(version) = upstream.get("openapi").and_then(Value::as_str) {
        let known = ["3.0", "3.1", "3.2"].iter().any(|minor| {
            version == *minor
                || version
                    .strip_prefix(minor)
                    .is_some_and(|rest| rest.starts_with('.'))
        });
        if known {
            return Ok(version);
        }
        let what = format!("this is OpenAPI {version}, which the pipeline does not read");
        return Err(Problem::new(&Pointer::of(["openapi"]), what, supported));
    }
    let what = match (upstream.get("openapi"), upstream.get("swagger")) {
        (Some(other), _) => format!("`openapi` is {other}, not a version in quotes"),
        (None, Some(version)) => {
            format!("this is Swagger {version}, which the pipeline does not read")
        }
        (None, None) => "this is not an OpenAPI document: it has no `openapi`".to_owned(),
    };
    Err(Problem::new(&Pointer::root(), what, supported))
}

/// The request that a selector means.
fn find(upstream: &Value, selector: &Selector) -> Result<Request, Problem> {
    let all = || operations(upstream);
    if let Some(request) = &selector.request {
        let at = Pointer::of(["paths", &request.path, &request.method]);
        let Some((_, id)) = all().find(|(found, _)| found == request) else {
            return Err(missing::missing(upstream, request));
        };
        return match &selector.operation_id {
            Some(expected) if id != Some(expected) => Err(Problem::new(
                &at,
                match id {
                    Some(id) => {
                        format!("its operation id is {id}, and select.toml expects {expected}")
                    }
                    None => format!("it has no operation id, and select.toml expects {expected}"),
                },
                "check that this is the operation you mean, then correct `operation_id` in select.toml",
            )),
            _ => Ok(request.clone()),
        };
    }
    let wanted = selector.operation_id.as_deref().unwrap_or_default();
    let mut found: Vec<Request> = all()
        .filter(|(_, id)| *id == Some(wanted))
        .map(|(request, _)| request)
        .collect();
    match (found.pop(), found.len()) {
        (Some(request), 0) => Ok(request),
        (Some(request), _) => Err(Problem::new(
            &Pointer::of(["paths"]),
            format!("operation id {wanted} belongs to several operations, {request} among them"),
            "select by `request` instead",
        )),
        (None, _) => Err(Problem::new(
            &Pointer::of(["paths"]),
            format!("no operation has the id {wanted}"),
            nearest(wanted, all().filter_map(|(_, id)| id.map(str::to_owned))),
        )),
    }
}

/// Every request of the document.
pub(crate) fn requests(upstream: &Value) -> Vec<Request> {
    operations(upstream).map(|(request, _)| request).collect()
}

/// Every request of the document with its operation id.
fn operations(upstream: &Value) -> impl Iterator<Item = (Request, Option<&str>)> {
    let paths = upstream.get("paths").and_then(Value::as_object);
    paths.into_iter().flatten().flat_map(move |(path, item)| {
        let item = inline::follow(upstream, item).unwrap_or(item);
        METHODS.iter().filter_map(move |method| {
            let operation = item.get(method)?;
            let id = operation.get("operationId").and_then(Value::as_str);
            Some((
                Request {
                    method: (*method).to_owned(),
                    path: path.clone(),
                },
                id,
            ))
        })
    })
}

/// Names what is most like `wanted`.
fn nearest(wanted: &str, candidates: impl Iterator<Item = String>) -> String {
    let candidates: Vec<String> = candidates.collect();
    let candidates: Vec<&str> = candidates.iter().map(String::as_str).collect();
    let close = similar::get_close_matches(wanted, &candidates, 3, 0.6);
    match (close.is_empty(), candidates.is_empty()) {
        (false, _) => format!("correct select.toml; the nearest are: {}", close.join(", ")),
        (true, false) => format!(
            "correct select.toml; none of the document's {} operations is like it",
            candidates.len()
        ),
        (true, true) => "give another document: this one has no operations at all".to_owned(),
    }
}

/// The operation with everything but schemas written out, and 2xx responses only.
fn operation(
    upstream: &Value,
    request: &Request,
    problems: &mut Vec<Problem>,
    notes: &mut Vec<Note>,
) -> Map<String, Value> {
    let at = Pointer::of(["paths", &request.path, &request.method]);
    let item = upstream
        .get("paths")
        .and_then(|paths| paths.get(&request.path));
    let item = item.map(|item| inline::follow(upstream, item).unwrap_or(item));
    let source = item.and_then(|item| item.get(&request.method));
    let Some(Value::Object(source)) = source else {
        problems.push(Problem::new(
            &at,
            "the operation is not an object",
            "repair the document",
        ));
        return Map::new();
    };

    let mut operation: Map<String, Value> = source
        .iter()
        .filter(|(key, _)| {
            matches!(
                key.as_str(),
                "operationId" | "requestBody" | "security" | "deprecated"
            )
        })
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    for key in ["callbacks", "servers"] {
        let of_path = key == "servers" && item.is_some_and(|item| item.get(key).is_some());
        if source.contains_key(key) || of_path {
            notes.push(Note::new(
                "select",
                &at,
                format!("dropped `{key}`, which a client does not use"),
            ));
        }
    }
    let own = parameters(upstream, source.get("parameters"), &at, problems);
    let shared = parameters(
        upstream,
        item.and_then(|item| item.get("parameters")),
        &at,
        problems,
    );
    let mut all = own;
    for parameter in shared {
        let same =
            |other: &Value| other["name"] == parameter["name"] && other["in"] == parameter["in"];
        if !all.iter().any(same) {
            all.push(parameter);
        }
    }
    if !all.is_empty() {
        operation.insert("parameters".to_owned(), Value::Array(all));
    }
    // Each operation says for itself who may call it.
    if let (None, Some(security)) = (source.get("security"), upstream.get("security")) {
        operation.insert("security".to_owned(), security.clone());
    }
    let responses = successes(source.get("responses"), &at, notes);
    operation.insert("responses".to_owned(), Value::Object(responses));

    let mut value = Value::Object(operation);
    inline::inline(upstream, &mut value, Kind::Operation, &at, problems);
    match value {
        Value::Object(operation) => operation,
        _ => Map::new(),
    }
}

/// The parameters of a list, written out so that they can be told apart.
fn parameters(
    upstream: &Value,
    list: Option<&Value>,
    at: &Pointer,
    problems: &mut Vec<Problem>,
) -> Vec<Value> {
    let list = list.and_then(Value::as_array);
    list.into_iter()
        .flatten()
        .enumerate()
        .map(|(index, parameter)| {
            let mut parameter = parameter.clone();
            let at = at.join("parameters").join(&index.to_string());
            inline::inline(upstream, &mut parameter, Kind::Parameter, &at, problems);
            parameter
        })
        .collect()
}

/// What an operation answers when it succeeds.
///
/// A documented error would be decoded by the generated client, and one whose body is not what the
/// document says would lose its status: undocumented, it arrives untouched.
fn successes(responses: Option<&Value>, at: &Pointer, notes: &mut Vec<Note>) -> Map<String, Value> {
    let Some(Value::Object(responses)) = responses else {
        return Map::new();
    };
    let kept: Map<String, Value> = responses
        .iter()
        .filter(|(status, _)| status.len() == 3 && status.starts_with('2'))
        .map(|(status, response)| (status.to_uppercase(), response.clone()))
        .collect();
    match (kept.is_empty(), responses.get("default")) {
        (true, Some(default)) => {
            notes.push(Note::new(
                "select",
                at,
                "took the `default` response for success: there is no 2xx",
            ));
            Map::from_iter([("2XX".to_owned(), default.clone())])
        }
        _ => kept,
    }
}

/// The method's name where the selection gives none.
fn default_name(operation: &Map<String, Value>, request: &Request) -> String {
    let id = operation.get("operationId").and_then(Value::as_str);
    let text = id.map_or_else(|| request.to_string(), str::to_owned);
    crate::names::snake(&text)
}

fn info(upstream: &Value) -> Value {
    let info = upstream.get("info");
    let get = |key, otherwise: &str| {
        let value = info.and_then(|info| info.get(key)).and_then(Value::as_str);
        Value::String(value.unwrap_or(otherwise).to_owned())
    };
    json!({ "title": get("title", "API"), "version": get("version", "0") })
}

#[cfg(test)]
mod tests;
