//! Checks of operations: names, paths, parameters, bodies and responses.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::media::{self, Body};
use crate::{
    lower::is_id,
    names,
    problem::Problem,
    reference::{Pointer, referenced_name},
    shapes::{Shape, Shapes},
    template,
    tree::METHODS,
};

const OVERLAY: &str = "openapi/overlay.yaml";

/// Names that the generated builder of a request defines or uses itself.
const RESERVED: [&str; 5] = ["body_map", "encode_path", "header_map", "new", "send"];

/// Returns every problem that stops generation, in the order of the document.
pub(super) fn check(document: &Value) -> Vec<Problem> {
    let mut problems = Vec::new();
    check_version(document, &mut problems);
    let schemas = document
        .pointer("/components/schemas")
        .and_then(Value::as_object);
    let mut types = BTreeMap::new();
    for name in schemas.into_iter().flat_map(Map::keys) {
        if let Some(first) = types.insert(names::pascal(name), name) {
            problems.push(Problem::new(
                &Pointer::of(["components", "schemas", name]),
                format!(
                    "its name in Rust, {}, is also the name of {first}",
                    names::pascal(name)
                ),
                format!("give one of them an x-rust-name by an action in {OVERLAY}"),
            ));
        }
    }
    let mut names = BTreeMap::new();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        for method in METHODS {
            let Some(operation) = item.get(method) else {
                continue;
            };
            let at = Pointer::of(["paths", path, method]);
            let mut check = Check {
                shapes: Shapes::of(document),
                at,
                problems: &mut problems,
            };
            check.name(operation, &mut names);
            if method == "query" {
                check.report(
                    &[],
                    "progenitor does not support the method QUERY",
                    "remove it from openapi/select.toml",
                );
            }
            check.path(path, operation);
            check.parameters(operation);
            check.body(operation);
            check.responses(operation);
        }
    }
    problems
}

struct Check<'a> {
    shapes: Shapes<'a>,
    at: Pointer,
    problems: &'a mut Vec<Problem>,
}

impl Check<'_> {
    fn report(&mut self, inner: &[&str], what: impl Into<String>, remedy: impl Into<String>) {
        let at = inner.iter().fold(self.at.clone(), |at, key| at.join(key));
        self.problems.push(Problem::new(&at, what, remedy));
    }

    fn name(&mut self, operation: &Value, names: &mut BTreeMap<String, String>) {
        let Some(id) = operation["operationId"].as_str() else {
            self.report(
                &[],
                "it has no operationId",
                "give it a `name` in openapi/select.toml",
            );
            return;
        };
        // The name of the builder in Pascal case is the stricter one.
        if let Some(first) = names.insert(names::pascal(&names::snake(id)), self.at.to_string()) {
            let what = format!("its name {id} is also the name of {first}");
            self.report(
                &["operationId"],
                what,
                "give one of them another `name` in openapi/select.toml",
            );
        }
    }

    fn path(&mut self, path: &str, operation: &Value) {
        let repair = format!("correct the path in the document or by an action in {OVERLAY}");
        let names = match template::names(path) {
            Ok(names) => names,
            Err(reason) => return self.report(&[], reason, repair),
        };
        let list = operation["parameters"].as_array().into_iter().flatten();
        let list = list.filter(|parameter| parameter["in"] == "path");
        let declared: BTreeSet<&str> = list
            .filter_map(|parameter| parameter["name"].as_str())
            .collect();
        for name in declared.difference(&names) {
            self.report(
                &["parameters"],
                format!("the path parameter {name} is declared, but the path does not contain {{{name}}}"),
                format!("remove it by an action in {OVERLAY}"),
            );
        }
        for name in names.difference(&declared) {
            self.report(
                &["parameters"],
                format!("the path contains {{{name}}}, but no path parameter {name} is declared"),
                format!("add it by an action in {OVERLAY}"),
            );
        }
    }

    fn parameters(&mut self, operation: &Value) {
        let mut taken: BTreeMap<String, String> = BTreeMap::new();
        if operation.get("requestBody").is_some() {
            taken.insert("body".to_owned(), "the request body".to_owned());
        }
        for (index, parameter) in operation["parameters"]
            .as_array()
            .into_iter()
            .flatten()
            .enumerate()
        {
            let index = index.to_string();
            let inner = ["parameters", index.as_str()];
            let name = parameter["name"].as_str().unwrap_or_default();
            let place = parameter["in"].as_str().unwrap_or_default();
            let words = format!("the {place} parameter {name}");
            self.parameter(&inner, parameter, &words);
            let rust_name = names::snake(name);
            if RESERVED.contains(&rust_name.as_str()) {
                self.report(
                    &inner,
                    format!(
                        "{words} has the name of an item of the generated builder, {rust_name}"
                    ),
                    format!("remove it by an action in {OVERLAY}"),
                );
            }
            if let Some(first) = taken.insert(rust_name, words.clone()) {
                let what = format!("{words} has the same name in Rust as {first}");
                self.report(
                    &inner,
                    what,
                    format!("remove one of them by an action in {OVERLAY}"),
                );
            }
        }
    }

    fn parameter(&mut self, inner: &[&str], parameter: &Value, words: &str) {
        let place = parameter["in"].as_str().unwrap_or_default();
        let name = parameter["name"].as_str().unwrap_or_default();
        let remove =
            format!("remove it by an action in {OVERLAY}, if the request does not need it");
        if !matches!(place, "path" | "query" | "header") {
            return self.report(
                inner,
                format!("progenitor does not support {words}"),
                remove,
            );
        }
        if place == "header" && reqwest_rejects(name) {
            return self.report(inner, format!("{words} has no valid header name"), remove);
        }
        if place == "header" && name.eq_ignore_ascii_case("api-version") {
            return self.report(
                inner,
                format!("{words} is removed by the hooks of the client"),
                remove,
            );
        }
        let drop = format!(
            "add `repair = [\"drop-object-parameters\"]` in openapi/select.toml to remove optional objects, or {remove}"
        );
        if let Some(style) = parameter["style"].as_str() {
            return self.report(
                inner,
                format!("progenitor does not support the style {style} of {words}"),
                drop,
            );
        }
        let Some(schema) = parameter.get("schema") else {
            let remedy = format!("give it a `schema` by an action in {OVERLAY}");
            return self.report(inner, format!("{words} has no schema"), remedy);
        };
        // The model reports a schema without valid values.
        let shapes = self.shapes.alternatives(schema).unwrap_or_default();
        let is_list = |shape: &Shape| matches!(shape, Shape::Array(_));
        if shapes.iter().any(|shape| matches!(shape, Shape::Object(_))) {
            return self.report(
                inner,
                format!("{words} is an object, which has no single form in a URL or header"),
                drop,
            );
        }
        if shapes.iter().any(is_list) && place == "header" {
            let remedy = "add `repair = [\"list-headers-as-text\"]` in openapi/select.toml to make it a string";
            return self.report(
                inner,
                format!("{words} is an array, which progenitor cannot write there"),
                remedy,
            );
        }
        // `explode` is absent if it has its default, true.
        if shapes.iter().any(is_list) && (place == "path" || parameter.get("explode").is_some()) {
            let what = format!(
                "{words} is a list in one value, but progenitor repeats the parameter for each item"
            );
            return self.report(
                inner,
                what,
                format!("make it a string by an action in {OVERLAY}"),
            );
        }
        let id = referenced_name(schema).is_some_and(|name| is_id(&self.shapes.0[&name]));
        let writable = match place {
            "path" => id || shapes.iter().all(is_segment),
            "query" => shapes.iter().all(|shape| self.is_query_value(shape)),
            _ => shapes.iter().all(Shape::is_scalar),
        };
        if !writable {
            let what = format!("{words} may have a value that a {place} parameter cannot contain");
            self.report(
                &[inner, &["schema"]].concat(),
                what,
                format!("make it a string by an action in {OVERLAY}"),
            );
        }
    }

    /// Whether a value is a scalar or a list of scalars.
    fn is_query_value(&self, shape: &Shape) -> bool {
        match shape {
            Shape::Array(items) => {
                let items = self.shapes.alternatives(items);
                items.is_ok_and(|items| items.iter().all(Shape::is_scalar))
            }
            shape => shape.is_scalar(),
        }
    }

    fn body(&mut self, operation: &Value) {
        let empty = Map::new();
        let Some(body) = operation.get("requestBody") else {
            return;
        };
        let content = body["content"].as_object().unwrap_or(&empty);
        let inner = ["requestBody", "content"];
        if content.len() > 1 {
            let all: Vec<&str> = content.keys().map(String::as_str).collect();
            let keep_json = match content.keys().any(|media| media::is_json(media)) {
                true => {
                    "add `repair = [\"keep-json-body\"]` in openapi/select.toml to keep JSON, or "
                }
                false => "",
            };
            return self.report(
                &inner,
                format!(
                    "the request body has {} media types: {}",
                    all.len(),
                    all.join(", ")
                ),
                format!("{keep_json}remove all but one by an action in {OVERLAY}"),
            );
        }
        let Some((media, value)) = content.iter().next() else {
            return self.report(
                &inner,
                "the request body has no media type",
                format!("add one by an action in {OVERLAY}"),
            );
        };
        let inner = ["requestBody", "content", media.as_str()];
        let Some(kind) = media::body(media) else {
            let remedy = format!(
                "remove the operation from openapi/select.toml; if the server accepts application/json, text/plain or \
                 application/octet-stream, replace the media type by actions in {OVERLAY}"
            );
            return self.report(
                &inner,
                format!("progenitor cannot write a body of {media}"),
                remedy,
            );
        };
        if matches!(kind, Body::Bytes | Body::Text) {
            return;
        }
        let Some(schema) = value.get("schema") else {
            let remedy = format!("give it a `schema` by an action in {OVERLAY}");
            return self.report(&inner, format!("the body of {media} has no schema"), remedy);
        };
        if value.get("encoding").is_some() {
            let remedy = format!("remove `encoding` by an action in {OVERLAY}");
            self.report(
                &inner,
                format!("the body of {media} has an `encoding`"),
                remedy,
            );
        }
        if kind == Body::Form {
            self.form(&inner, schema, body["required"] == true);
        }
    }

    fn form(&mut self, inner: &[&str], schema: &Value, required: bool) {
        let shapes = self.shapes.alternatives(schema).unwrap_or_default();
        let scalar = |schema: &Value| {
            self.shapes
                .alternatives(schema)
                .is_ok_and(|shapes| shapes.iter().all(Shape::is_scalar))
        };
        let is_flat = shapes.iter().all(|shape| match shape {
            Shape::Object(object) => object
                .properties
                .values()
                .chain(&object.additional)
                .all(scalar),
            _ => false,
        });
        let may_be_empty = shapes
            .iter()
            .any(|shape| matches!(shape, Shape::Object(object) if object.required.is_empty()));
        let what = if !is_flat {
            "the form has a member that is not a string, a number or a boolean, which progenitor cannot write"
        } else if !required && !may_be_empty {
            "the body is optional, but progenitor always sends a form, and an empty form is invalid"
        } else {
            return;
        };
        self.report(
            &[inner, &["schema"]].concat(),
            what,
            format!("change the body by an action in {OVERLAY}"),
        );
    }

    fn responses(&mut self, operation: &Value) {
        let mut types: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for (status, response) in operation["responses"].as_object().into_iter().flatten() {
            if !status.starts_with('2') {
                self.report(
                    &["responses", status],
                    format!("the response {status} is not a success, and its status would be lost if its body is invalid"),
                    format!("remove it by an action in {OVERLAY}"),
                );
            }
            let content = response["content"].as_object();
            let json =
                content.and_then(|content| content.iter().find(|(media, _)| media::is_json(media)));
            if let Some((media, value)) = json
                && value.get("schema").is_none()
            {
                self.report(
                    &["responses", status, "content", media],
                    format!("the response {status} of {media} has no schema"),
                    format!("give it a `schema` by an action in {OVERLAY}"),
                );
            }
            let kind = match (json, content) {
                (Some((_, value)), _) => value["schema"].to_string(),
                (None, Some(content)) if !content.is_empty() => "bytes".to_owned(),
                _ => "nothing".to_owned(),
            };
            types.entry(kind).or_default().push(status);
        }
        if types.len() > 1 {
            let all: Vec<String> = types
                .values()
                .map(|statuses| statuses.join(" and "))
                .collect();
            self.report(
                &["responses"],
                format!(
                    "its responses have {} different types: {}",
                    types.len(),
                    all.join("; ")
                ),
                format!("remove all but one by an action in {OVERLAY}"),
            );
        }
    }
}

/// Whether a value without an id type is a valid path segment.
fn is_segment(shape: &Shape) -> bool {
    match shape {
        Shape::Text(Some(values)) => values
            .iter()
            .all(|value| !matches!(value.as_str(), "" | "." | "..") && !value.contains('\\')),
        Shape::Text(None) => false,
        shape => shape.is_scalar(),
    }
}

/// Whether a header name is not a token of RFC 9110.
fn reqwest_rejects(name: &str) -> bool {
    let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    name.is_empty() || !name.chars().all(is_token)
}

/// Progenitor writes the version into a header of every request, before the hooks remove it.
fn check_version(document: &Value, problems: &mut Vec<Problem>) {
    let version = document
        .pointer("/info/version")
        .and_then(Value::as_str)
        .unwrap_or_default();
    if !version.chars().all(|c| c.is_ascii_graphic() || c == ' ') {
        problems.push(Problem::new(
            &Pointer::of(["info", "version"]),
            format!("{version:?} is not ASCII, but progenitor writes it into a header"),
            format!("update $.info.version by an action in {OVERLAY}"),
        ));
    }
}
