//! The request body of create.

use std::collections::HashSet;
use std::fmt;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Bytes, HttpBody};
use axum::extract::Request;
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderName};
use axum::http::{HeaderMap, StatusCode};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;
use tokio::time::{Instant, sleep_until};

use super::error::ApiError;
use super::path::check_id;
use crate::connections::Slot;
use crate::limits::{Limits, MAX_PROJECT_IDS};

/// Time after the start of a body before the minimum rate applies.
const FIRST_BYTES: Duration = Duration::from_secs(2);

/// Reads the project ids of a create request. Returns them without duplicates, in the order of the request.
pub(super) async fn project_ids(
    request: Request,
    limits: &Limits,
) -> Result<Vec<String>, ApiError> {
    check_media_type(request.headers())?;
    parse(&read_body(request, limits).await?)
}

fn parse(body: &[u8]) -> Result<Vec<String>, ApiError> {
    let Members(members) = serde_json::from_slice(body).map_err(invalid_json)?;
    let mut found = None;
    for (name, value) in members {
        let (code, reason) = match &*name {
            "project_ids" if found.is_none() => {
                found = Some(value);
                continue;
            }
            "project_ids" => (
                "duplicate_parameter",
                "occurs more than once; send one array",
            ),
            _ => (
                "unknown_parameter",
                "is not a member of the body; send only project_ids",
            ),
        };
        return Err(ApiError::invalid(code, &name, format!("'{name}' {reason}")));
    }
    let Some(found) = found else {
        return Err(ApiError::invalid(
            "missing_required_parameter",
            "project_ids",
            "project_ids is missing; send an array of project ids",
        ));
    };
    let Value::Array(project_ids) = found else {
        return Err(wrong_type("project_ids", &found, "an array of strings"));
    };
    if project_ids.is_empty() || project_ids.len() > MAX_PROJECT_IDS {
        let code = if project_ids.is_empty() {
            "empty_array"
        } else {
            "array_above_max_length"
        };
        let message = format!(
            "project_ids has {} ids; send 1 to {MAX_PROJECT_IDS}",
            project_ids.len()
        );
        return Err(ApiError::invalid(code, "project_ids", message));
    }
    let mut seen = HashSet::with_capacity(project_ids.len());
    let mut distinct = Vec::with_capacity(project_ids.len());
    for (index, project_id) in project_ids.into_iter().enumerate() {
        let param = format!("project_ids[{index}]");
        let Value::String(project_id) = project_id else {
            return Err(wrong_type(&param, &project_id, "a string"));
        };
        check_id(&param, &project_id)?;
        if seen.insert(project_id.clone()) {
            distinct.push(project_id);
        }
    }
    Ok(distinct)
}

/// Reads a body within the limits of size, time and rate.
pub(super) async fn read_body(request: Request, limits: &Limits) -> Result<Bytes, ApiError> {
    let slot = request.extensions().get::<Arc<Slot>>().cloned();
    let _receiving = slot.as_ref().map(Slot::receive_body);
    let length = request.headers().get(CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if length.is_some_and(|length| length > limits.body_bytes) {
        return Err(too_large(limits));
    }
    let start = Instant::now();
    let mut body = Limited::new(request.into_body(), limits.body_bytes);
    let mut bytes = Vec::with_capacity(body.size_hint().lower().min(64 << 10) as usize);
    // One timer for all frames, because each new timer may wake another thread.
    let mut timer = pin!(sleep_until(start + FIRST_BYTES.min(limits.body_time)));
    loop {
        let frame = tokio::select! {
            biased;
            frame = body.frame() => frame,
            () = &mut timer => {
                let rate = f64::from(limits.body_bytes_per_second.max(1));
                let time = FIRST_BYTES + Duration::from_secs_f64(bytes.len() as f64 / rate);
                let deadline = start + time.min(limits.body_time);
                if Instant::now() >= deadline {
                    let message = "the body of the request arrives too slowly";
                    let status = StatusCode::REQUEST_TIMEOUT;
                    return Err(ApiError::new(status, "request_timeout", message));
                }
                timer.as_mut().reset(deadline);
                continue;
            }
        };
        match frame {
            None => return Ok(bytes.into()),
            Some(Ok(frame)) => bytes.extend_from_slice(frame.data_ref().unwrap_or(&Bytes::new())),
            Some(Err(error)) if error.is::<LengthLimitError>() => return Err(too_large(limits)),
            Some(Err(error)) => {
                let message = format!("the body of the request is incomplete: {error}");
                return Err(ApiError::bad_request("invalid_body", message));
            }
        }
    }
}

fn too_large(limits: &Limits) -> ApiError {
    let message = format!(
        "the body of the request has more than {} bytes; split it",
        limits.body_bytes
    );
    ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "request_too_large", message)
}

/// Fails unless the body is JSON without compression.
fn check_media_type(headers: &HeaderMap) -> Result<(), ApiError> {
    let text = |name: HeaderName| {
        let value = headers.get(name)?;
        Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    let unsupported = |code, message: String| {
        Err(ApiError::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            code,
            message,
        ))
    };
    if let Some(encoding) = text(CONTENT_ENCODING)
        && !encoding.trim().eq_ignore_ascii_case("identity")
    {
        let message = format!(
            "the Content-Encoding '{encoding}' is not supported; send the body uncompressed"
        );
        return unsupported("unsupported_content_encoding", message);
    }
    let Some(found) = text(CONTENT_TYPE) else {
        let message = "the request has no Content-Type; send application/json".to_owned();
        return unsupported("unsupported_media_type", message);
    };
    let essence = found.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    let message = format!("the Content-Type '{found}' is not supported; send application/json");
    unsupported("unsupported_media_type", message)
}

fn invalid_json(error: serde_json::Error) -> ApiError {
    if error.is_data() {
        let message = format!("the body is not a JSON object: {error}");
        ApiError::bad_request("invalid_type", message)
    } else {
        let message = format!("the body is not JSON: {error}; send {{\"project_ids\": [\"…\"]}}");
        ApiError::bad_request("invalid_json", message)
    }
}

fn wrong_type(param: &str, found: &Value, expected: &str) -> ApiError {
    let found = match found {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    };
    let message = format!("{param} is {found}; send {expected}");
    ApiError::invalid("invalid_type", param, message)
}

/// The members of an object, including duplicate names, which a map would lose.
struct Members(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object with project_ids")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Object)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn duplicate_project_is_created_once() {
        let parsed = parse(br#"{"project_ids":["b","a","b"]}"#).expect("valid");
        assert_eq!(parsed, ["b", "a"]);
    }

    #[test]
    fn invalid_body_is_refused() {
        for body in [
            "",
            "{",
            "[]",
            "null",
            "{}",
            r#"{"project_ids":null}"#,
            r#"{"project_ids":[]}"#,
            r#"{"project_ids":[1]}"#,
            r#"{"project_ids":[""]}"#,
            r#"{"project_ids":[".."]}"#,
            r#"{"project_ids":["a\u0000"]}"#,
            r#"{"project_ids":["a"],"project_ids":["b"]}"#,
            r#"{"project_ids":["a"],"note":1}"#,
            r#"{"project_ids":["a"]} x"#,
        ] {
            assert!(parse(body.as_bytes()).is_err(), "{body}");
        }
    }
}
