use bytes::Bytes;
use serde_json::{Map, Value};

use crate::metadata::Metadata;
use crate::redact::Redactor;

/// Longest body that an error keeps: 64 KiB. The API's errors are smaller than 1 KiB.
const KEPT_BODY: usize = 64 << 10;

/// Longest excerpt of a body without an error object, in characters.
const EXCERPT: usize = 200;

/// The part of an error that describes a response without the documented result.
#[derive(Clone)]
pub(crate) struct ErrorResponse {
    pub(super) metadata: Metadata,
    pub(super) code: Option<String>,
    pub(super) type_: Option<String>,
    pub(super) param: Option<String>,
    pub(super) message: Option<String>,
    pub(super) body: Option<Bytes>,
    /// Whether the body has an `error` object with a textual `type`. This distinguishes errors of the API from those of
    /// a proxy.
    pub(super) has_error_type: bool,
}

impl ErrorResponse {
    /// Creates a response whose body is not available.
    pub(crate) fn new(metadata: Metadata) -> Self {
        Self {
            metadata,
            code: None,
            type_: None,
            param: None,
            message: None,
            body: None,
            has_error_type: false,
        }
    }

    /// Reads a body of any format. Secrets are replaced in the body and in the decoded texts, because JSON escapes may
    /// hide a secret in the body.
    pub(crate) fn with_body(mut self, body: &Bytes, redactor: &Redactor<'_>) -> Self {
        let body = match body.get(..KEPT_BODY) {
            // Copies the part that is kept, because a slice would keep the whole body in memory.
            Some(start) => redactor.body(&Bytes::copy_from_slice(start)),
            None => redactor.body(body),
        };
        match serde_json::from_slice::<Value>(&body) {
            Ok(Value::Object(mut object)) => match object.remove("error") {
                Some(Value::Object(error)) => {
                    self.has_error_type = error.get("type").is_some_and(Value::is_string);
                    self.set_fields(error);
                }
                Some(Value::String(message)) => {
                    self.set_fields(object);
                    self.message = Some(message);
                }
                _ => self.set_fields(object),
            },
            Ok(Value::String(message)) => self.message = Some(message),
            _ => {}
        }
        let is_blank = |message: &String| message.trim().is_empty();
        if self.message.as_ref().is_none_or(is_blank) {
            // Compressed bytes are not readable.
            let is_encoded = self.metadata.header("content-encoding").is_some();
            self.message = excerpt(&body).filter(|_| !is_encoded);
        }
        for text in [
            &mut self.code,
            &mut self.type_,
            &mut self.param,
            &mut self.message,
        ] {
            *text = text.take().map(|text| redactor.text(text));
        }
        self.body = Some(body);
        self
    }

    /// Returns the response header `x-should-retry`.
    pub(super) fn should_retry(&self) -> Option<bool> {
        match self.metadata.header("x-should-retry")? {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        }
    }

    fn set_fields(&mut self, mut fields: Map<String, Value>) {
        let mut text = |name| match fields.remove(name) {
            Some(Value::String(text)) => Some(text),
            Some(Value::Number(number)) => Some(number.to_string()),
            _ => None,
        };
        self.code = text("code");
        self.type_ = text("type");
        self.param = text("param");
        self.message = text("message").or_else(|| text("detail"));
    }
}

/// Returns the title of an HTML page, or the beginning of any other text, on one line.
fn excerpt(body: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(body);
    let words: Vec<&str> = html_title(&text)
        .unwrap_or(&text)
        .split_whitespace()
        .collect();
    let line = words.join(" ");
    let mut excerpt: String = line
        .chars()
        .filter(|c| !c.is_control())
        .take(EXCERPT)
        .collect();
    if line.chars().count() > EXCERPT {
        excerpt.push('…');
    }
    (!excerpt.is_empty()).then_some(excerpt)
}

fn html_title(text: &str) -> Option<&str> {
    let lower = text.to_ascii_lowercase();
    let open = lower.find("<title")?;
    let start = open + lower[open..].find('>')? + 1;
    let end = start + lower[start..].find("</title")?;
    let title = text.get(start..end)?.trim();
    (!title.is_empty()).then_some(title)
}
