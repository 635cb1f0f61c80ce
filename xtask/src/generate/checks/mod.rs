//! What the generator would mangle, refuse or panic on, found before it runs.

mod schemas;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::media::{self, Body};
use crate::{
    names,
    problem::Problem,
    schema::type_of,
    template,
    tree::{METHODS, Pointer},
};

const OVERLAY: &str = "openapi/overlay.yaml";

/// Everything that stops generation, in the document's order.
pub(super) fn check(document: &Value) -> Vec<Problem> {
    let mut problems = Vec::new();
    version(document, &mut problems);
    let mut names = BTreeMap::new();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        for method in METHODS {
            let Some(operation) = item.get(method) else {
                continue;
            };
            let at = Pointer::of(["paths", path, method]);
            let mut check = Check {
                document,
                at,
                problems: &mut problems,
            };
            check.name(operation, &mut names);
            check.method(method);
            check.parameters(path, operation);
            check.body(operation);
            check.responses(operation);
        }
    }
    schemas::check(document, &mut problems);
    problems
}

struct Check<'a> {
    document: &'a Value,
    at: Pointer,
    problems: &'a mut Vec<Problem>,
}

impl Check<'_> {
    fn say(&mut self, inner: &[&str], what: impl Into<String>, remedy: impl Into<String>) {
        let at = inner.iter().fold(self.at.clone(), |at, key| at.join(key));
        self.problems.push(Problem::new(&at, what, remedy));
    }

    fn schemas(&self) -> &Value {
        self.document
            .pointer("/components/schemas")
            .unwrap_or(&Value::Null)
    }

    fn name(&mut self, operation: &Value, names: &mut BTreeMap<String, String>) {
        let Some(id) = operation["operationId"].as_str() else {
            self.say(
                &[],
                "it has no operationId",
                "give it a `name` in openapi/select.toml",
            );
            return;
        };
        let at = self.at.to_string();
        if let Some(first) = names.insert(names::snake(id), at) {
            let remedy = "give one of the two another `name` in openapi/select.toml";
            self.say(
                &["operationId"],
                format!("its name {id} is also that of {first}"),
                remedy,
            );
        }
    }

    fn method(&mut self, method: &str) {
        if method == "query" {
            let remedy = "leave it out of openapi/select.toml: the generator has no such method";
            self.say(&[], "QUERY is a method of OpenAPI 3.2 only", remedy);
        }
    }

    fn parameters(&mut self, path: &str, operation: &Value) {
        let list = operation["parameters"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default();
        let declared: BTreeSet<&str> = list
            .iter()
            .filter(|parameter| parameter["in"] == "path")
            .filter_map(|parameter| parameter["name"].as_str())
            .collect();
        match template::names(path) {
            Err(reason) => self.say(
                &[],
                reason,
                format!("repair the path in the document or by {OVERLAY}"),
            ),
            Ok(names) => {
                for name in declared.iter().filter(|name| !names.contains(**name)) {
                    self.say(
                        &["parameters"],
                        format!("the parameter {name} is declared in the path, which has no {{{name}}}"),
                        format!("remove it by an action in {OVERLAY}, or report the malformed document upstream"),
                    );
                }
                for name in names.iter().filter(|name| !declared.contains(**name)) {
                    self.say(
                        &["parameters"],
                        format!("the path has {{{name}}} but no path parameter {name} is declared"),
                        format!("add it by an action in {OVERLAY}, or report the malformed document upstream"),
                    );
                }
            }
        }
        let mut taken: BTreeMap<String, String> = BTreeMap::new();
        if operation.get("requestBody").is_some() {
            taken.insert("body".to_owned(), "the request's body".to_owned());
        }
        for (index, parameter) in list.iter().enumerate() {
            let index = index.to_string();
            let inner = ["parameters", index.as_str()];
            self.parameter(&inner, parameter);
            let name = parameter["name"].as_str().unwrap_or_default();
            let place = parameter["in"].as_str().unwrap_or_default();
            let words = format!("the {place} parameter {name}");
            if let Some(first) = taken.insert(names::snake(name), words.clone()) {
                let remedy = format!("remove one of the two by an action in {OVERLAY}");
                self.say(
                    &inner,
                    format!("{words} has the same name in Rust as {first}"),
                    remedy,
                );
            }
            if matches!(names::snake(name).as_str(), "send" | "new" | "body_map") {
                let remedy = format!("remove it by an action in {OVERLAY}");
                self.say(
                    &inner,
                    format!("{words} has the name of one of the builder's own methods"),
                    remedy,
                );
            }
        }
    }

    fn parameter(&mut self, inner: &[&str], parameter: &Value) {
        let name = parameter["name"].as_str().unwrap_or_default().to_owned();
        let place = parameter["in"].as_str().unwrap_or_default();
        let style = parameter.get("style").and_then(Value::as_str);
        let remove = format!("remove it by an action in {OVERLAY}, if the call does without it");
        if !matches!(place, "path" | "query" | "header") {
            self.say(
                inner,
                format!("the generator knows no {place:?} parameters, such as {name}"),
                remove,
            );
            return;
        }
        if let Some(style) = style {
            let remove = format!(
                "`repair = [\"drop-object-parameters\"]` in openapi/select.toml leaves optional objects out; otherwise {remove}"
            );
            let what = format!(
                "the generator knows no style {style} of a {place} parameter, such as {name}"
            );
            self.say(inner, what, remove);
            return;
        }
        let Some(schema) = parameter.get("schema") else {
            let remedy = format!("give it a `schema` by an action in {OVERLAY}");
            self.say(inner, format!("the parameter {name} has no schema"), remedy);
            return;
        };
        match type_of(self.schemas(), schema).as_deref() {
            // The default was dropped on the way here, so that it is `explode: false`.
            Some("array") if place == "query" && parameter.get("explode").is_some() => {
                let what = format!(
                    "the query parameter {name} is a list in one value, and the generator repeats the parameter for each item"
                );
                self.say(
                    inner,
                    what,
                    format!("make it text by an action in {OVERLAY}"),
                );
            }
            Some("object") => {
                let what = format!(
                    "the {place} parameter {name} is an object, which has no one form in a URL"
                );
                let remedy = format!(
                    "`repair = [\"drop-object-parameters\"]` in openapi/select.toml leaves optional ones out; otherwise {remove}"
                );
                self.say(inner, what, remedy);
            }
            Some("array") if place != "query" => {
                let what = format!(
                    "the {place} parameter {name} is an array, which the generator cannot write there"
                );
                let remedy = match place {
                    "header" => {
                        "`repair = [\"list-headers-as-text\"]` in openapi/select.toml makes it text"
                            .to_owned()
                    }
                    _ => format!("make it text by an action in {OVERLAY}"),
                };
                self.say(inner, what, remedy);
            }
            _ => {}
        }
    }

    fn body(&mut self, operation: &Value) {
        let Some(body) = operation.get("requestBody") else {
            return;
        };
        let empty = Map::new();
        let content = body["content"].as_object().unwrap_or(&empty);
        let inner = ["requestBody", "content"];
        if content.len() > 1 {
            let all: Vec<&str> = content.keys().map(String::as_str).collect();
            self.say(
                &inner,
                format!(
                    "the request's body has {} media types: {}",
                    all.len(),
                    all.join(", ")
                ),
                if content.keys().any(|media| media::is_json(media)) {
                    format!(
                        "keep one: `repair = [\"keep-json-body\"]` in openapi/select.toml keeps JSON, \
                         an action in {OVERLAY} removes any other"
                    )
                } else {
                    format!("keep one: an action in {OVERLAY} removes any other")
                },
            );
            return;
        }
        let Some((media, value)) = content.iter().next() else {
            return;
        };
        let inner = ["requestBody", "content", media.as_str()];
        let Some(kind) = media::body(media) else {
            let remedy = format!(
                "leave the operation out of openapi/select.toml; or, where the server takes one, update its \
                 `content` to application/json, text/plain or application/octet-stream, and remove this one, \
                 by actions in {OVERLAY}"
            );
            self.say(
                &inner,
                format!("the generator cannot write a body of {media}"),
                remedy,
            );
            return;
        };
        if kind == Body::Value && value.get("schema").is_none() {
            let remedy = format!("give it a `schema` by an action in {OVERLAY}");
            self.say(&inner, format!("the body of {media} has no schema"), remedy);
        } else if kind == Body::Value && value.get("encoding").is_some() {
            let remedy = format!("remove `encoding` by an action in {OVERLAY}");
            self.say(
                &inner,
                format!("the body of {media} has an encoding of its own"),
                remedy,
            );
        }
    }

    fn responses(&mut self, operation: &Value) {
        let mut types: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for (status, response) in operation["responses"].as_object().into_iter().flatten() {
            if !status.starts_with('2') {
                self.say(
                    &["responses", status],
                    format!("the response {status} is not a success: its status would be lost if the body is invalid"),
                    format!("remove it by an action in {OVERLAY}"),
                );
            }
            let content = response["content"].as_object();
            let json =
                content.and_then(|content| content.iter().find(|(media, _)| media::is_json(media)));
            if let Some((media, value)) = json
                && value.get("schema").is_none()
            {
                let remedy = format!("give it a `schema` by an action in {OVERLAY}");
                self.say(
                    &["responses", status, "content", media],
                    format!("the answer {status} of {media} has no schema"),
                    remedy,
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
            self.say(
                &["responses"],
                format!(
                    "its answers have {} different types: {}",
                    types.len(),
                    all.join("; ")
                ),
                format!("keep one: remove the others by an action in {OVERLAY}"),
            );
        }
    }
}

/// The version goes into a header of every request until the client's hooks take it out.
fn version(document: &Value, problems: &mut Vec<Problem>) {
    let version = document
        .pointer("/info/version")
        .and_then(Value::as_str)
        .unwrap_or_default();
    if !version.chars().all(|c| c.is_ascii_graphic() || c == ' ') {
        problems.push(Problem::new(
            &Pointer::of(["info", "version"]),
            format!("{version:?} cannot go into a header: it is not plain ASCII"),
            format!("update $.info.version by an action in {OVERLAY}"),
        ));
    }
}
