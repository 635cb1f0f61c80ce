use std::fmt;

use bytes::Bytes;
use http::HeaderMap;
use serde_json::Value;

use crate::metadata::{RateLimit, request_id};

/// How much of a body an error keeps, in bytes.
pub(super) const KEPT_BODY: usize = 64 << 10;

/// The code of a 429 that no waiting cures.
pub(crate) const INSUFFICIENT_QUOTA: &str = "insufficient_quota";

/// How much of a body that is not JSON goes into a message, in characters.
const SHOWN_TEXT: usize = 200;

/// What a response says about why it is not a success.
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
    /// Whether it is written as the API writes its errors: an `error` with a `type` that is text. What stands before the
    /// API has words of its own.
    pub(crate) is_the_apis: bool,
}

impl Problem {
    /// Reads a response of any shape; whatever the body is, the status and the headers stay.
    pub(crate) fn read(status: u16, headers: &HeaderMap, body: Bytes) -> Self {
        let mut problem = Self {
            status,
            code: None,
            type_: None,
            param: None,
            message: None,
            request_id: request_id(headers),
            rate_limit: RateLimit::read(headers),
            body: None,
            is_the_apis: false,
        };
        match serde_json::from_slice::<Value>(&body) {
            Ok(Value::Object(mut object)) => match object.remove("error") {
                Some(Value::Object(error)) => {
                    problem.is_the_apis = error.get("type").is_some_and(Value::is_string);
                    problem.take_fields(error);
                }
                Some(Value::String(message)) => {
                    problem.take_fields(object);
                    problem.message = Some(message);
                }
                _ => problem.take_fields(object),
            },
            Ok(Value::String(message)) => problem.message = Some(message),
            _ => {}
        }
        if problem
            .message
            .as_ref()
            .is_none_or(|message| message.trim().is_empty())
        {
            problem.message = shown_text(&body);
        }
        problem.body = Some(super::capped(&body));
        problem
    }

    /// Status and headers alone, for a response whose body was lost.
    pub(crate) fn without_body(status: u16, headers: &HeaderMap) -> Self {
        Self {
            body: None,
            ..Self::read(status, headers, Bytes::new())
        }
    }

    /// Passes every text that came with the answer through `clean`: decoded text may hold what the raw one hid.
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

    fn take_fields(&mut self, mut fields: serde_json::Map<String, Value>) {
        let mut take = |name| match fields.remove(name) {
            Some(Value::String(text)) => Some(text),
            Some(Value::Number(number)) => Some(number.to_string()),
            _ => None,
        };
        self.code = take("code");
        self.type_ = take("type");
        self.param = take("param");
        self.message = take("message").or_else(|| take("detail"));
    }
}

impl fmt::Debug for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Problem")
            .field("status", &self.status)
            .field("code", &self.code)
            .field("type", &self.type_)
            .field("param", &self.param)
            .field("message", &self.message)
            .field("request_id", &self.request_id)
            .field("body_bytes", &self.body.as_ref().map(Bytes::len))
            .finish_non_exhaustive()
    }
}

/// What a person would want to see of a body that is not the documented JSON: the title of a page, else its start.
fn shown_text(body: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(&body[..body.len().min(KEPT_BODY)]);
    let title = html_title(&text);
    let words: Vec<&str> = title.unwrap_or(&text).split_whitespace().collect();
    let line = words.join(" ");
    let mut shown: String = line
        .chars()
        .filter(|c| !c.is_control())
        .take(SHOWN_TEXT)
        .collect();
    if line.chars().count() > SHOWN_TEXT {
        shown.push('…');
    }
    (!shown.is_empty()).then_some(shown)
}

fn html_title(text: &str) -> Option<&str> {
    let lower = text.to_ascii_lowercase();
    let open = lower.find("<title")?;
    let start = open + lower[open..].find('>')? + 1;
    let end = start + lower[start..].find("</title")?;
    let title = text.get(start..end)?.trim();
    (!title.is_empty()).then_some(title)
}
