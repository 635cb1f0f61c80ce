//! Finds the selected operations, and explains why a selected operation is missing.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Request, Selector};
use crate::{
    names,
    problem::{Problem, Problems},
    reference::{Pointer, follow},
    tree::{METHODS, elements, entries, text},
};

/// Returns the OpenAPI version of the document.
///
/// # Errors
///
/// Returns a problem if the version is not 3.0, 3.1 or 3.2.
pub(crate) fn version(upstream: &Value) -> Result<&str, Problems> {
    let what = match (&upstream["openapi"], &upstream["swagger"]) {
        (Value::String(version), _) => {
            let parts: Vec<&str> = version.split('.').collect();
            if matches!(parts[..], ["3", "0" | "1" | "2", ..]) {
                return Ok(version);
            }
            format!("OpenAPI {version} is not supported")
        }
        (Value::Null, Value::Null) => {
            "the document is not OpenAPI: it has no `openapi` version".to_owned()
        }
        (Value::Null, version) => format!("Swagger {version} is not supported"),
        (other, _) => format!("`openapi` is {other}, which is not a version in quotes"),
    };
    let remedy = "use a document of OpenAPI 3.0, 3.1 or 3.2";
    Err(refused(what, remedy))
}

/// Checks that a document with references to components has `components`.
///
/// A YAML document that was truncated before its components is valid YAML. Without this check, each
/// reference would be reported as a separate problem.
pub(super) fn check_components(upstream: &Value) -> Result<(), Problems> {
    let refers = || upstream.to_string().contains(r##""#/components/"##);
    if upstream.get("components").is_some() || !refers() {
        return Ok(());
    }
    Err(refused(
        "references have no target, because the document has no `components`",
        "the document seems to be truncated: download it again",
    ))
}

fn refused(what: impl Into<String>, remedy: &str) -> Problems {
    let problem = Problem::new(&Pointer::root(), what, remedy);
    Problems::new("read the document", vec![problem])
}

/// Returns the request that an entry of `select.toml` selects.
pub(super) fn find(upstream: &Value, selector: &Selector) -> Result<Request, Problem> {
    let place = selector.place();
    let wanted = selector.operation_id.as_deref();
    let mut found = operations(upstream).filter(|(request, id)| match &selector.request {
        Some(wanted) => request == wanted,
        None => *id == wanted,
    });
    let mut at = Pointer::of(["paths"]);
    let name = wanted.unwrap_or_default();
    let (what, remedy) = match (found.next(), found.next()) {
        (None, _) => match &selector.request {
            Some(request) => return Err(missing(upstream, request, &place)),
            None => {
                let ids = operations(upstream).filter_map(|(_, id)| id.map(str::to_owned));
                let what = format!("no operation has the operationId {name}");
                (what, nearest(name, ids, &place))
            }
        },
        (Some((first, _)), Some(_)) => (
            format!("several operations have the operationId {name}, for example {first}"),
            format!("use `request` instead of `operation_id` in {place}"),
        ),
        (Some((request, id)), None) if wanted.is_none() || id == wanted => return Ok(request),
        (Some((request, id)), None) => {
            at = request.pointer();
            let id = id.unwrap_or("absent");
            (
                format!("its operationId is {id}, but select.toml expects {name}"),
                format!("select the right operation, or correct `operation_id` in {place}"),
            )
        }
    };
    Err(Problem::new(&at, what, remedy))
}

/// Returns every request of the document.
pub(crate) fn requests(upstream: &Value) -> Vec<Request> {
    operations(upstream).map(|(request, _)| request).collect()
}

/// Iterates over every request of the document with its `operationId`.
fn operations(upstream: &Value) -> impl Iterator<Item = (Request, Option<&str>)> {
    entries(&upstream["paths"]).flat_map(move |(path, item)| {
        let item = follow(upstream, item).unwrap_or(item);
        METHODS.iter().filter_map(move |method| {
            let id = item.get(method)?.get("operationId");
            let (method, path) = ((*method).to_owned(), path.clone());
            Some((Request { method, path }, id.and_then(Value::as_str)))
        })
    })
}

/// Returns a remedy that lists the candidates most similar to `wanted`.
fn nearest(wanted: &str, candidates: impl Iterator<Item = String>, place: &str) -> String {
    let candidates: Vec<String> = candidates.collect();
    let names: Vec<&str> = candidates.iter().map(String::as_str).collect();
    let similar = similar::get_close_matches(wanted, &names, 3, 0.6).join(", ");
    match (similar.is_empty(), names.len()) {
        (true, 0) => "use another document: this one has no operations".to_owned(),
        (true, count) => {
            format!(
                "correct {place}; no operation of the document is similar (number of operations: {count})"
            )
        }
        _ => format!("correct {place}; the most similar are: {similar}"),
    }
}

/// Returns the problem for a document without the operation `wanted`.
fn missing(upstream: &Value, wanted: &Request, place: &str) -> Problem {
    let mut what = "the document does not have the selected operation".to_owned();
    let unresolved = follow(upstream, &upstream["paths"][&wanted.path]).err();
    if let Some(defect) = unresolved.or_else(|| defect(upstream, wanted)) {
        what = format!("{what}: {defect}");
    }
    let candidates = operations(upstream).map(|(found, _)| found.to_string());
    let remedy = nearest(&wanted.to_string(), candidates, place);
    let mut problem = Problem::new(&Pointer::of(["paths"]), what, remedy);
    problem.operation = Some(wanted.to_string());
    problem
}

/// Describes missing or undeclared path parameters of the operation most similar to `wanted`.
///
/// Two published upstream versions declared a path parameter that the path did not contain.
fn defect(upstream: &Value, wanted: &Request) -> Option<String> {
    let same_method = |found: &Request| found.method == wanted.method;
    let candidates: Vec<Request> = requests(upstream).into_iter().filter(same_method).collect();
    let paths: Vec<&str> = candidates.iter().map(|found| found.path.as_str()).collect();
    let path = *similar::get_close_matches(wanted.path.as_str(), &paths, 1, 0.6).first()?;
    let in_path = match names::in_template(path) {
        Ok(names) => names,
        Err(defect) => return Some(defect),
    };
    let item = &upstream["paths"][path];
    let item = follow(upstream, item).unwrap_or(item);
    let declared = [item, &item[&wanted.method]].into_iter();
    let declared = declared.flat_map(|holder| elements(&holder["parameters"]));
    let declared = declared.map(|parameter| follow(upstream, parameter).unwrap_or(parameter));
    let declared = declared.filter(|parameter| parameter["in"] == "path");
    let declared: BTreeSet<&str> = declared.map(|parameter| text(&parameter["name"])).collect();
    let in_wanted = names::in_template(&wanted.path).unwrap_or_default();

    let request = format!("{} {path}", wanted.method.to_uppercase());
    let differences = [
        (
            &declared - &in_path,
            "declares path parameters that its path does not have:",
        ),
        (
            &in_path - &declared,
            "does not declare the parameters of its path:",
        ),
        (
            &in_wanted - &in_path,
            "is the most similar operation, but lacks the path parameters",
        ),
    ];
    let (names, text) = differences
        .into_iter()
        .find(|(names, _)| !names.is_empty())?;
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    Some(format!("{request} {text} {}", quoted.join(", ")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn message(paths: Value, wanted: &str) -> String {
        let (method, path) = wanted.split_once(' ').unwrap();
        let wanted = Request {
            method: method.to_lowercase(),
            path: path.to_owned(),
        };
        missing(
            &json!({"openapi": "3.0.0", "paths": paths}),
            &wanted,
            "openapi/select.toml",
        )
        .to_string()
    }

    fn parameters(names: &[&str]) -> Value {
        let parameters: Vec<Value> = names
            .iter()
            .map(|name| json!({"name": name, "in": "path"}))
            .collect();
        json!({"parameters": parameters})
    }

    #[test]
    fn path_without_declared_parameter_is_reported() {
        let paths = json!({"/lists/{list}/items": {"delete": parameters(&["list", "item"])}});

        let message = message(paths, "DELETE /lists/{list}/items/{item}");

        assert!(
            message.contains(
                "DELETE /lists/{list}/items declares path parameters that its path does not have: `item`"
            ),
            "{message}"
        );
    }

    #[test]
    fn path_with_other_parameter_name_is_reported() {
        let paths = json!({"/lists/{item}/items": {"get": parameters(&["item"])}});

        let message = message(paths, "GET /lists/{list}/items");

        assert!(
            message.contains(
                "GET /lists/{item}/items is the most similar operation, but lacks the path parameters `list`"
            ),
            "{message}"
        );
    }

    #[test]
    fn document_truncated_before_components_reports_one_problem() {
        let operation = json!({"responses": {"200": {"$ref": "#/components/responses/A"}}});
        let paths = json!({"/a": {"get": operation}, "/b": {"get": operation}});

        let error = check_components(&json!({"openapi": "3.1.0", "paths": paths})).unwrap_err();

        assert!(
            error.to_string().contains("no `components`")
                && error.to_string().contains("download it again"),
            "{error}"
        );
        assert!(check_components(&json!({"paths": paths, "components": {}})).is_ok());
    }

    #[test]
    fn missing_operation_without_similar_operation_reports_count() {
        let paths = json!({"/users": {"get": {}}});

        let message = message(paths, "GET /lists/{list}/items");

        assert!(
            message.contains("no operation of the document is similar (number of operations: 1)"),
            "{message}"
        );
    }
}
