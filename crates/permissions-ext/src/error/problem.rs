use std::fmt;

use bytes::Bytes;
use http::HeaderMap;
use serde_json::{Map, Value};

use super::text::shorten;
use crate::metadata::{RateLimit, request_id};

/// Longest body that an error keeps, in bytes.
pub(super) const KEPT_BODY: usize = 64 << 10;

/// Longest excerpt of a body without an error object, in characters.
const EXCERPT: usize = 200;

/// The details of a response that is not the documented success.
#[derive(Clone)]
pub(crate) struct Problem {
    pub(crate) status: u16,
    pub(crate) code: Option<String>,
    pub(crate) type_: Option<String>,
    pub(crate) param: Option<String>,
    pub(crate) message: Option<String>,
    pub(crate) request_id: Option<String>,
    pub(crate) rate_limit: Option<RateLimit>,
    pub(crate) body: Option<Bytes>,
    /// The header `x-should-retry`.
    pub(crate) should_retry: Option<bool>,
    /// Whether the body has an `error` object with a textual `type`. The API writes its errors like that, proxies do
    /// not.
    pub(crate) has_error_type: bool,
}

impl Problem {
    /// Reads a response with any body.
    pub(crate) fn read(status: u16, headers: &HeaderMap, body: Bytes) -> Self {
        let mut problem = Self::without_body(status, headers);
        match serde_json::from_slice::<Value>(&body) {
            Ok(Value::Object(mut object)) => match object.remove("error") {
                Some(Value::Object(error)) => {
                    problem.has_error_type = error.get("type").is_some_and(Value::is_string);
                    problem.set_fields(error);
                }
                Some(Value::String(message)) => {
                    problem.set_fields(object);
                    problem.message = Some(message);
                }
                _ => problem.set_fields(object),
            },
            Ok(Value::String(message)) => problem.message = Some(message),
            _ => {}
        }
        let is_blank = |message: &String| message.trim().is_empty();
        if problem.message.as_ref().is_none_or(is_blank) {
            problem.message = excerpt(&body);
        }
        problem.body = Some(super::capped(&body));
        problem
    }

    /// Reads a response whose body could not be read.
    pub(crate) fn without_body(status: u16, headers: &HeaderMap) -> Self {
        let should_retry = headers.get("x-should-retry");
        Self {
            status,
            code: None,
            type_: None,
            param: None,
            message: None,
            request_id: request_id(headers),
            rate_limit: RateLimit::read(headers),
            body: None,
            should_retry: should_retry.and_then(|value| match value.as_bytes() {
                b"true" => Some(true),
                b"false" => Some(false),
                _ => None,
            }),
            has_error_type: false,
        }
    }

    /// Removes secrets from every text. Decoding JSON escapes may have revealed more than the body shows.
    pub(crate) fn cleaned(mut self, clean: impl Fn(String) -> String) -> Self {
        for text in [
            &mut self.code,
            &mut self.type_,
            &mut self.param,
            &mut self.message,
            &mut self.request_id,
        ] {
            *text = text.take().map(&clean);
        }
        self
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

impl fmt::Debug for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let short = |text: &Option<String>| text.as_ref().map(|text| shorten(text, EXCERPT));
        f.debug_struct("Problem")
            .field("status", &self.status)
            .field("code", &short(&self.code))
            .field("type", &short(&self.type_))
            .field("param", &short(&self.param))
            .field("message", &short(&self.message))
            .field("request_id", &short(&self.request_id))
            .field("body_bytes", &self.body.as_ref().map(Bytes::len))
            .finish_non_exhaustive()
    }
}

/// Returns the title of an HTML page, or the beginning of any other text, on one line.
fn excerpt(body: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(&body[..body.len().min(KEPT_BODY)]);
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
