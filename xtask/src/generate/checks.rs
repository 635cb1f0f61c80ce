//! Checks of operations: names, paths, parameters, bodies and responses.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::{
    lower::is_id,
    model::{
        operation::Body,
        shapes::{Shape, Shapes},
    },
    names,
    problem::Findings,
    reference::{Pointer, referenced_name},
    tree::{elements, entries, operations, text},
};

/// Names that the generated request builder defines or uses.
const BUILDER: [&str; 5] = ["body_map", "encode_path", "header_map", "new", "send"];

/// Names of methods of the client.
#[rustfmt::skip]
const CLIENT: [&str; 10] = [
    "baseurl", "client", "context_mut", "exec", "inner", "new", "new_with_client", "post", "pre", "traced",
];

/// Names that the generated module `builder` imports.
#[rustfmt::skip]
const IMPORTS: [&str; 7] = [
    "ByteStream", "ClientHooks", "ClientInfo", "Error", "OperationInfo", "RequestBuilderExt", "ResponseValue",
];

const OVERLAY: &str = "change or remove it by an action in openapi/overlay.yaml";

/// Reports every problem that stops generation, in the order of the document.
pub(super) fn check(document: &Value, findings: &mut Findings) {
    let version = text(&document["info"]["version"]);
    if !version.chars().all(|c| c.is_ascii_graphic() || c == ' ') {
        let what =
            format!("the version {version:?} is not ASCII, but progenitor writes it into a header");
        findings.problem(&Pointer::of(["info", "version"]), what, OVERLAY);
    }
    let mut names = BTreeMap::new();
    for (at, operation) in operations(document) {
        let mut check = Check {
            shapes: Shapes::of(document),
            at,
            operation,
            findings,
        };
        check.name(&mut names);
        check.path();
        check.parameters();
        check.body();
        check.responses();
    }
}

struct Check<'a> {
    shapes: Shapes<'a>,
    at: Pointer,
    operation: &'a Value,
    findings: &'a mut Findings,
}

impl Check<'_> {
    fn report(&mut self, inner: &[&str], what: impl Into<String>, remedy: &str) {
        let at = inner.iter().fold(self.at.clone(), |at, key| at.join(key));
        self.findings.problem(&at, what, remedy);
    }

    fn name(&mut self, names: &mut BTreeMap<String, String>) {
        let remedy = "give the operation another `name` in openapi/select.toml";
        let method = self.at.keys()[2].to_uppercase();
        if matches!(method.as_str(), "QUERY" | "OPTIONS" | "TRACE") {
            let what = format!("progenitor does not support the method {method}");
            self.report(&[], what, "remove the operation from openapi/select.toml");
        }
        let Some(id) = self.operation["operationId"].as_str() else {
            return self.report(&[], "it has no operationId", remedy);
        };
        let method = names::snake(id);
        let builder = names::pascal(&method);
        let mut reserved = names::RESERVED.iter().chain(&IMPORTS);
        if reserved.any(|name| *name == builder) || CLIENT.contains(&method.as_str()) {
            let what = format!("its name {id} is reserved, because the generated client uses it");
            self.report(&["operationId"], what, remedy);
        }
        if let Some(first) = names.insert(builder, self.at.to_string()) {
            let what = format!("its name {id} is also the name of {first}");
            self.report(&["operationId"], what, remedy);
        }
    }

    fn path(&mut self) {
        let path = self.at.keys()[1].clone();
        let names = match names::in_template(&path) {
            Ok(names) => names,
            Err(reason) => return self.report(&[], reason, OVERLAY),
        };
        let parameters = elements(&self.operation["parameters"]);
        let declared = parameters.filter(|parameter| parameter["in"] == "path");
        let declared: BTreeSet<&str> = declared.map(|parameter| text(&parameter["name"])).collect();
        for name in declared.symmetric_difference(&names) {
            let what = match declared.contains(name) {
                true => format!(
                    "the path parameter {name} is declared, but the path does not contain {{{name}}}"
                ),
                false => format!(
                    "the path contains {{{name}}}, but no path parameter {name} is declared"
                ),
            };
            let remedy = "add or remove the parameter by an action in openapi/overlay.yaml";
            self.report(&["parameters"], what, remedy);
        }
    }

    fn parameters(&mut self) {
        let mut taken: BTreeMap<String, String> = BTreeMap::new();
        if self.operation.get("requestBody").is_some() {
            taken.insert("body".to_owned(), "the request body".to_owned());
        }
        for (index, parameter) in elements(&self.operation["parameters"]).enumerate() {
            let (place, original) = (text(&parameter["in"]), text(&parameter["name"]));
            let words = format!("the {place} parameter {original}");
            let at = ["parameters", &index.to_string()];
            if let Some((what, repair)) = self.parameter(parameter) {
                let remedy = match repair {
                    "" => OVERLAY.to_owned(),
                    _ => format!(
                        "add `repair = [\"{repair}\"]` in openapi/select.toml, or {OVERLAY}"
                    ),
                };
                self.report(&at, format!("{words} {what}"), &remedy);
            }
            let name = names::snake(original);
            if BUILDER.contains(&name.as_str()) {
                let what = format!(
                    "{words} has the reserved name {name}, which the generated builder uses"
                );
                self.report(&at, what, OVERLAY);
            }
            if let Some(first) = taken.insert(name, words.clone()) {
                let what = format!("{words} has the same name in Rust as {first}");
                self.report(&at, what, OVERLAY);
            }
        }
    }

    /// Returns the problem of a parameter, and the name of the repair that solves the problem. The
    /// name is empty if no repair solves the problem.
    fn parameter(&self, parameter: &Value) -> Option<(&'static str, &'static str)> {
        let (place, name) = (text(&parameter["in"]), text(&parameter["name"]));
        let schema = &parameter["schema"];
        // `model` reports schemas without valid values.
        let shapes = self.shapes.alternatives(schema).unwrap_or_default();
        let is_list = shapes.iter().any(|shape| matches!(shape, Shape::Array(_)));
        let is_object = shapes.iter().any(|shape| matches!(shape, Shape::Object(_)));
        let is_id = referenced_name(schema).is_some_and(|name| is_id(&self.shapes.0[&name]));
        let is_writable = is_id || shapes.iter().all(|shape| self.is_writable(place, shape));
        // `explode` is absent if it has its default, true.
        let is_joined = place == "path" || parameter.get("explode").is_some();
        let is_header = place == "header";
        let problems = [
            (
                !matches!(place, "path" | "query" | "header"),
                "is not supported by progenitor",
                "",
            ),
            (
                is_header && !is_token(name),
                "has an invalid header name",
                "",
            ),
            (
                is_header && name.eq_ignore_ascii_case("api-version"),
                "is removed by the hooks of the client",
                "",
            ),
            (
                parameter.get("style").is_some(),
                "has a `style` that progenitor does not support",
                "drop-object-parameters",
            ),
            (parameter.get("schema").is_none(), "has no schema", ""),
            (
                is_object,
                "is an object, which can be encoded in several ways in a URL or header",
                "drop-object-parameters",
            ),
            (
                is_list && is_header,
                "is an array, which progenitor cannot encode in a header",
                "list-headers-as-text",
            ),
            (
                is_list && is_joined,
                "is an array encoded as one value, but progenitor repeats the parameter for each item",
                "",
            ),
            (
                !is_writable,
                "allows a value that cannot be encoded in a parameter",
                "",
            ),
        ];
        let found = problems.into_iter().find(|(applies, ..)| *applies);
        found.map(|(_, what, repair)| (what, repair))
    }

    /// Whether progenitor can encode every value of a shape in a parameter.
    fn is_writable(&self, place: &str, shape: &Shape) -> bool {
        let is_segment =
            |value: &String| !matches!(value.as_str(), "" | "." | "..") && !value.contains('\\');
        match shape {
            Shape::Array(items) => self.is_scalar(items),
            Shape::Text(None) => place != "path",
            Shape::Text(Some(values)) if place == "path" => values.iter().all(is_segment),
            shape => shape.is_scalar(),
        }
    }

    fn is_scalar(&self, schema: &Value) -> bool {
        let shapes = self.shapes.alternatives(schema);
        shapes.is_ok_and(|shapes| shapes.iter().all(Shape::is_scalar))
    }

    fn body(&mut self) {
        let Some(body) = self.operation.get("requestBody") else {
            return;
        };
        let all: Vec<(&String, &Value)> = entries(&body["content"]).collect();
        let [(media, value)] = all.as_slice() else {
            let names: Vec<&str> = all.iter().map(|(media, _)| media.as_str()).collect();
            let what = format!(
                "the request body has {} media types: {}",
                all.len(),
                names.join(", ")
            );
            let remedy = "add `repair = [\"keep-json-body\"]` in openapi/select.toml to keep JSON, or keep one media type by an action in openapi/overlay.yaml";
            return self.report(&["requestBody", "content"], what, remedy);
        };
        let mut remedy = OVERLAY;
        let what = match (Body::of(media), value.get("schema")) {
            (Some(Body::Bytes | Body::Text), _) => return,
            (None, _) => {
                remedy = "remove the operation from openapi/select.toml or, if the server accepts another media type, declare that media type by an action in openapi/overlay.yaml";
                format!("progenitor cannot write a body of {media}")
            }
            (_, None) => format!("the body of {media} has no schema"),
            _ if value.get("encoding").is_some() => {
                format!("the body of {media} has an `encoding`, which progenitor does not support")
            }
            (Some(Body::Form), Some(schema)) => match self.form(schema, body["required"] == true) {
                Some(what) => what.to_owned(),
                None => return,
            },
            (Some(Body::Json), _) => return,
        };
        self.report(&["requestBody", "content", media], what, remedy);
    }

    /// Returns the reason why a form with this schema cannot be sent, if there is one.
    fn form(&self, schema: &Value, required: bool) -> Option<&'static str> {
        let shapes = self.shapes.alternatives(schema).unwrap_or_default();
        let is_flat = |shape: &Shape| match shape {
            Shape::Object(object) => {
                let mut values = object.properties.values().chain(&object.additional);
                values.all(|value| self.is_scalar(value))
            }
            _ => false,
        };
        let may_be_empty =
            |shape: &Shape| matches!(shape, Shape::Object(object) if object.required.is_empty());
        if !shapes.iter().all(is_flat) {
            return Some(
                "the form has a property that is not a string, a number or a boolean, which progenitor cannot encode",
            );
        }
        let is_invalid = !required && !shapes.iter().any(may_be_empty);
        is_invalid.then_some("the body is optional, but progenitor always sends a form, and an empty form is invalid")
    }

    fn responses(&mut self) {
        let mut types: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for (status, response) in entries(&self.operation["responses"]) {
            if !status.starts_with('2') {
                let what = format!(
                    "the response {status} is an error response: if its body were invalid, the client would report the invalid body and lose the status"
                );
                self.report(&["responses", status], what, OVERLAY);
            }
            let content = &response["content"];
            let kind = match entries(content).find(|(media, _)| Body::of(media) == Some(Body::Json))
            {
                Some((media, value)) if value.get("schema").is_none() => {
                    let what = format!("the response {status} of {media} has no schema");
                    return self.report(&["responses", status, "content", media], what, OVERLAY);
                }
                Some((_, value)) => value["schema"].to_string(),
                None if entries(content).next().is_none() => String::new(),
                None => "bytes".to_owned(),
            };
            types.entry(kind).or_default().push(status);
        }
        if types.len() > 1 {
            let all = types.values().map(|statuses| statuses.join(" and "));
            let what = format!(
                "its responses have {} different types: {}",
                types.len(),
                all.collect::<Vec<_>>().join("; ")
            );
            let remedy = "remove all but one by an action in openapi/overlay.yaml";
            self.report(&["responses"], what, remedy);
        }
    }
}

/// Whether a header name is a token of RFC 9110.
fn is_token(name: &str) -> bool {
    let is_valid = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    !name.is_empty() && name.chars().all(is_valid)
}
