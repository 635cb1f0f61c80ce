//! A request that is selected and not in the document: what is nearest, and what is wrong with that.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Request, inline, nearest, operations};
use crate::problem::Problem;
use crate::template;
use crate::tree::{self, Kind, Pointer};

/// The problem of a document that does not have `wanted`.
pub(super) fn missing(upstream: &Value, wanted: &Request) -> Problem {
    let what = match malformed(upstream, wanted) {
        Some(flaw) => {
            format!("it is selected but the document has no such operation: {flaw}")
        }
        None => "it is selected but the document has no such operation".to_owned(),
    };
    let candidates = operations(upstream).map(|(found, _)| found.to_string());
    Problem::new(
        &Pointer::of(["paths"]),
        what,
        nearest(&wanted.to_string(), candidates),
    )
    .of(wanted.to_string())
}

/// A document of YAML that broke off before its components is still one, and every reference of it
/// would be a problem of its own.
pub(super) fn check_components(upstream: &Value) -> Result<(), Problem> {
    if upstream.get("components").is_some() {
        return Ok(());
    }
    let mut first = None;
    tree::read(
        upstream,
        Kind::Document,
        &mut Pointer::root(),
        &mut |_, at, value| {
            let reference = value.get("$ref").and_then(Value::as_str);
            if let Some(text) = reference.filter(|text| text.starts_with("#/components/")) {
                first.get_or_insert_with(|| (at.clone(), text.to_owned()));
            }
        },
    );
    match first {
        Some((at, text)) => Err(Problem::new(
            &at,
            format!("the document has no `components`, to which it refers, here by $ref {text}"),
            "it seems to be cut off: download it again",
        )),
        None => Ok(()),
    }
}

/// What is wrong with the path parameters of the operation that is most like `wanted`, where the document itself
/// seems at fault: versions were published in which an operation stands on a path without its parameter.
fn malformed(upstream: &Value, wanted: &Request) -> Option<String> {
    let candidates: Vec<String> = operations(upstream)
        .filter(|(found, _)| found.method == wanted.method)
        .map(|(found, _)| found.path)
        .collect();
    let candidates: Vec<&str> = candidates.iter().map(String::as_str).collect();
    let near = *similar::get_close_matches(wanted.path.as_str(), &candidates, 1, 0.6).first()?;

    let declared = declared(upstream, near, &wanted.method);
    let in_path = match template::names(near) {
        Ok(names) => names,
        Err(flaw) => return Some(flaw),
    };
    let near = format!("{} {near}", wanted.method.to_uppercase());
    let flaw = |names: BTreeSet<&str>, text: &str| {
        let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        (!quoted.is_empty()).then(|| format!("{near} {text} {}", quoted.join(", ")))
    };
    let declared: BTreeSet<&str> = declared.iter().map(String::as_str).collect();
    flaw(
        &declared - &in_path,
        "stands on a path without its path parameter",
    )
    .or_else(|| {
        flaw(
            &in_path - &declared,
            "does not declare the parameter of its path",
        )
    })
    .or_else(|| {
        let wanted = template::names(&wanted.path).unwrap_or_default();
        flaw(
            &wanted - &in_path,
            "is most like it and lacks the path parameter",
        )
    })
}

/// The path parameters that an operation and its path declare.
fn declared(upstream: &Value, path: &str, method: &str) -> BTreeSet<String> {
    let Some(item) = upstream.get("paths").and_then(|paths| paths.get(path)) else {
        return BTreeSet::new();
    };
    let item = inline::follow(upstream, item).unwrap_or(item);
    [Some(item), item.get(method)]
        .into_iter()
        .flatten()
        .filter_map(|holder| holder.get("parameters")?.as_array())
        .flatten()
        .map(|parameter| inline::follow(upstream, parameter).unwrap_or(parameter))
        .filter(|parameter| parameter.get("in").and_then(Value::as_str) == Some("path"))
        .filter_map(|parameter| Some(parameter.get("name")?.as_str()?.to_owned()))
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
        missing(&json!({"openapi": "3.0.0", "paths": paths}), &wanted).to_string()
    }

    fn parameters(names: &[&str]) -> Value {
        let parameters: Vec<Value> = names
            .iter()
            .map(|name| json!({"name": name, "in": "path"}))
            .collect();
        json!({"parameters": parameters})
    }

    #[test]
    fn an_operation_on_a_path_without_its_parameter_is_named_with_it() {
        let paths = json!({"/lists/{list}/items": {"delete": parameters(&["list", "item"])}});

        let message = message(paths, "DELETE /lists/{list}/items/{item}");

        assert!(
            message.contains(
                "DELETE /lists/{list}/items stands on a path without its path parameter `item`"
            ),
            "{message}"
        );
    }

    #[test]
    fn operations_on_a_path_of_another_parameter_are_named_with_what_they_lack() {
        let paths = json!({"/lists/{item}/items": {"get": parameters(&["item"])}});

        let message = message(paths, "GET /lists/{list}/items");

        assert!(
            message.contains(
                "GET /lists/{item}/items is most like it and lacks the path parameter `list`"
            ),
            "{message}"
        );
    }

    #[test]
    fn a_document_that_broke_off_before_its_components_is_one_problem() {
        let answer = json!({"responses": {"200": {"$ref": "#/components/responses/A"}}});
        let paths = json!({"/a": {"get": answer}, "/b": {"get": answer}});

        let error = check_components(&json!({"openapi": "3.1.0", "paths": paths})).unwrap_err();

        assert!(
            error.to_string().contains("no `components`")
                && error.to_string().contains("download it again"),
            "{error}"
        );
        assert!(check_components(&json!({"paths": paths, "components": {}})).is_ok());
    }

    #[test]
    fn nothing_is_made_up_where_nothing_is_like_it() {
        let paths = json!({"/users": {"get": {}}});

        let message = message(paths, "GET /lists/{list}/items");

        assert!(
            message.contains("none of the document's 1 operations is like it"),
            "{message}"
        );
    }
}
