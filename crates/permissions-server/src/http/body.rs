//! The request body of create.

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
use crate::id::distinct;
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
    let Members(mut members) = serde_json::from_slice(body).map_err(invalid_json)?;
    if let Some((name, _)) = members.iter().find(|(name, _)| name != "project_ids") {
        let message =
            format!("the body contains the unknown member '{name}'; send only project_ids");
        return Err(ApiError::invalid("unknown_parameter", name, message));
    }
    let invalid = |code, reason: &str| {
        let message = format!("project_ids {reason}; send one array of 1 to {MAX_PROJECT_IDS} ids");
        Err(ApiError::invalid(code, "project_ids", message))
    };
    let project_ids = match (members.pop(), members.is_empty()) {
        (None, _) => return invalid("missing_required_parameter", "is missing"),
        (Some(_), false) => return invalid("duplicate_parameter", "occurs more than once"),
        (Some((_, Value::Array(project_ids))), true) => project_ids,
        (Some(_), true) => return invalid("invalid_type", "is not an array"),
    };
    match project_ids.len() {
        0 => return invalid("empty_array", "is empty"),
        1..=MAX_PROJECT_IDS => {}
        count => return invalid("array_above_max_length", &format!("has {count} ids")),
    }
    let project_ids = project_ids
        .into_iter()
        .enumerate()
        .map(|(index, project_id)| {
            let param = format!("project_ids[{index}]");
            let Value::String(project_id) = project_id else {
                let message = format!("{param} is not a string; send a project id");
                return Err(ApiError::invalid("invalid_type", &param, message));
            };
            check_id(&param, &project_id)?;
            Ok(project_id)
        });
    Ok(distinct(project_ids.collect::<Result<_, _>>()?))
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
                    let message = "the body of the request arrived too slowly; \
                                   check the network, or send fewer project ids per request";
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
        "the body of the request has more than {} bytes; split it into several requests",
        limits.body_bytes
    );
    ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "request_too_large", message)
}

/// Fails unless the headers declare a JSON body without compression.
fn check_media_type(headers: &HeaderMap) -> Result<(), ApiError> {
    let text = |name: HeaderName| {
        let value = headers.get(name)?;
        Some(String::from_utf8_lossy(value.as_bytes()))
    };
    let is_json = |media_type: &str| {
        let essence = media_type.split(';').next().unwrap_or_default();
        essence.trim().eq_ignore_ascii_case("application/json")
    };
    let (code, message) = match (text(CONTENT_ENCODING), text(CONTENT_TYPE)) {
        (Some(found), _) if !found.trim().eq_ignore_ascii_case("identity") => (
            "unsupported_content_encoding",
            format!("the Content-Encoding '{found}' is not supported; send the body uncompressed"),
        ),
        (_, Some(found)) if is_json(&found) => return Ok(()),
        (_, Some(found)) => (
            "unsupported_media_type",
            format!("the Content-Type '{found}' is not supported; send application/json"),
        ),
        (_, None) => (
            "unsupported_media_type",
            "the request has no Content-Type; send application/json".to_owned(),
        ),
    };
    let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
    Err(ApiError::new(status, code, message))
}

fn invalid_json(error: serde_json::Error) -> ApiError {
    if error.is_data() {
        let message =
            format!("the body is not a JSON object: {error}; send {{\"project_ids\": [\"…\"]}}");
        ApiError::bad_request("invalid_type", message)
    } else {
        let message = format!("the body is not JSON: {error}; send {{\"project_ids\": [\"…\"]}}");
        ApiError::bad_request("invalid_json", message)
    }
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
