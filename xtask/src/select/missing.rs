//! Diagnostics for a selected operation that the document does not have.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Request, nearest, operations};
use crate::{
    problem::Problem,
    reference::{Pointer, follow},
    template, tree,
};

/// Returns the problem for a document without the operation `wanted`.
pub(super) fn missing(upstream: &Value, wanted: &Request, place: &str) -> Problem {
    let mut what = "the document does not have the selected operation".to_owned();
    if let Some(defect) = unresolved(upstream, wanted).or_else(|| defect(upstream, wanted)) {
        what = format!("{what}: {defect}");
    }
    let candidates = operations(upstream).map(|(found, _)| found.to_string());
    let remedy = nearest(&wanted.to_string(), candidates, place);
    Problem::new(&Pointer::of(["paths"]), what, remedy).of(wanted.to_string())
}

/// Checks that a document with references to components has `components`.
///
/// A YAML document that was truncated before its components is valid YAML. Without this check, each
/// reference would be reported as a separate problem.
pub(super) fn check_components(upstream: &Value) -> Result<(), Problem> {
    if upstream.get("components").is_some() {
        return Ok(());
    }
    let mut first = None;
    tree::read(upstream, &mut |_, at, value| {
        let reference = value.get("$ref").and_then(Value::as_str);
        if let Some(text) = reference.filter(|text| text.starts_with("#/components/")) {
            first.get_or_insert_with(|| (at.clone(), text.to_owned()));
        }
    });
    match first {
        Some((at, text)) => Err(Problem::new(
            &at,
            format!("$ref {text} has no target, because the document has no `components`"),
            "the document seems to be truncated: download it again",
        )),
        None => Ok(()),
    }
}

/// Returns the error if the path item of `wanted` is a reference that cannot be resolved.
fn unresolved(upstream: &Value, wanted: &Request) -> Option<String> {
    follow(upstream, &upstream["paths"][&wanted.path]).err()
}

/// Describes missing or undeclared path parameters of the operation most similar to `wanted`.
///
/// Two published upstream versions declared a path parameter that the path did not contain.
fn defect(upstream: &Value, wanted: &Request) -> Option<String> {
    let candidates: Vec<String> = operations(upstream)
        .filter(|(found, _)| found.method == wanted.method)
        .map(|(found, _)| found.path)
        .collect();
    let candidates: Vec<&str> = candidates.iter().map(String::as_str).collect();
    let path = *similar::get_close_matches(wanted.path.as_str(), &candidates, 1, 0.6).first()?;
    let in_path = match template::names(path) {
        Ok(names) => names,
        Err(defect) => return Some(defect),
    };
    let declared = declared_parameters(upstream, path, &wanted.method);
    let declared: BTreeSet<&str> = declared.iter().map(String::as_str).collect();
    let in_wanted = template::names(&wanted.path).unwrap_or_default();

    let request = format!("{} {path}", wanted.method.to_uppercase());
    [
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
    ]
    .into_iter()
    .find(|(names, _)| !names.is_empty())
    .map(|(names, text)| {
        let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        format!("{request} {text} {}", quoted.join(", "))
    })
}

/// Returns the names of the path parameters that an operation and its path item declare.
fn declared_parameters(upstream: &Value, path: &str, method: &str) -> BTreeSet<String> {
    let item = &upstream["paths"][path];
    let item = follow(upstream, item).unwrap_or(item);
    [item, &item[method]]
        .into_iter()
        .filter_map(|holder| holder.get("parameters")?.as_array())
        .flatten()
        .map(|parameter| follow(upstream, parameter).unwrap_or(parameter))
        .filter(|parameter| parameter["in"] == "path")
        .filter_map(|parameter| Some(parameter["name"].as_str()?.to_owned()))
        .collect()
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
    fn document_truncated_before_components_is_one_problem() {
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
            message.contains("none of the 1 operations of the document is similar"),
            "{message}"
        );
    }
}
