//! Rewrites operations, and defines the media types that progenitor supports.

use serde_json::{Value, json};

use super::{Builder, Part, REMEDY, nullable_if, take};
use crate::{
    names,
    reference::Pointer,
    tree::{elements, entries, text},
};

/// Encoding of a request body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Body {
    Json,
    Form,
    /// Bytes, without a schema.
    Bytes,
    /// A string, without a schema.
    Text,
}

impl Body {
    /// Returns the encoding for a media type, if progenitor supports it.
    pub(crate) fn of(media: &str) -> Option<Self> {
        match media.split(';').next().unwrap_or_default() {
            "application/json" => Some(Self::Json),
            "application/x-www-form-urlencoded" => Some(Self::Form),
            "application/octet-stream" => Some(Self::Bytes),
            "text/plain" | "text/x-markdown" => Some(Self::Text),
            _ => None,
        }
    }
}

impl Builder<'_> {
    pub(super) fn operation(&mut self, operation: &Value, at: &Pointer) -> Value {
        let request = Part {
            base: names::pascal(text(&operation["operationId"])),
            at: at.clone(),
            in_request: true,
            in_response: false,
        };
        let response = Part {
            in_request: false,
            in_response: true,
            ..request.clone()
        };
        let mut result = json!({ "responses": self.responses(&operation["responses"], &response) });
        for key in ["operationId", "summary", "description"] {
            if let Some(value) = operation.get(key) {
                result[key] = value.clone();
            }
        }
        let mut parameters: Vec<Value> = elements(&operation["parameters"]).cloned().collect();
        for (index, parameter) in parameters.iter_mut().enumerate() {
            let name = names::pascal(text(&parameter["name"]));
            let part = request.inner(&name, &["parameters", &index.to_string(), "schema"]);
            let mut schema = self.schema(&parameter["schema"], &part);
            // A parameter cannot be null. An optional parameter without a value is omitted.
            take(&mut schema, "nullable");
            parameter["schema"] = schema;
        }
        result["parameters"] = Value::Array(parameters);
        if let Some(body) = operation.get("requestBody") {
            result["requestBody"] = self.body(body, &request);
        }
        result
    }

    fn body(&mut self, body: &Value, part: &Part) -> Value {
        let mut content = json!({});
        for (name, media) in entries(&body["content"]) {
            let part = part.inner("Body", &["requestBody", "content", name, "schema"]);
            let kind = Body::of(name);
            let mut schema = match kind {
                Some(Body::Bytes) => json!({"type": "string", "format": "binary"}),
                Some(Body::Text) => json!({"type": "string"}),
                _ => self.schema(&media["schema"], &part),
            };
            // The request hook of the generated client omits a body that is null.
            if body["required"] != true && kind == Some(Body::Json) {
                schema = nullable_if(schema != json!({}), schema);
            } else if schema["nullable"] == true {
                let reason =
                    "a required body that may be null cannot be distinguished from no body";
                self.findings.problem(&part.at, reason, REMEDY);
            }
            content[name] = json!({ "schema": schema });
        }
        json!({"required": true, "description": text(&body["description"]), "content": content})
    }

    fn responses(&mut self, responses: &Value, part: &Part) -> Value {
        let mut result = json!({});
        // All success responses share one result type, so equal schemas must have the same name.
        let mut done: Vec<(&Value, Value)> = Vec::new();
        for (status, response) in entries(responses) {
            let mut content = json!({});
            for (name, media) in entries(&response["content"]) {
                let known = done.iter().find(|(before, _)| *before == &media["schema"]);
                let schema = match known {
                    _ if Body::of(name) != Some(Body::Json) => json!({}),
                    Some((_, schema)) => schema.clone(),
                    None => {
                        let keys = ["responses", status, "content", name, "schema"];
                        let schema = self.schema(&media["schema"], &part.inner("Response", &keys));
                        done.push((&media["schema"], schema.clone()));
                        schema
                    }
                };
                content[name] = json!({ "schema": schema });
            }
            result[status] = json!({"description": "", "content": content});
        }
        result
    }
}
