//! The error for what never became a request.

use axum::http::StatusCode;

use super::error::ApiError;
use crate::id::request_id;

/// The answer in place of the `bare` one of this status, head and body: it keeps the bare one's
/// headers.
pub(crate) fn explain(status: StatusCode, bare: &[u8]) -> Vec<u8> {
    let id = request_id();
    tracing::info!(
        id,
        status = status.as_u16(),
        "refused before it was a request"
    );
    let body = ApiError::no_request(status).body();
    let mut answer = Vec::with_capacity(bare.len() + body.len() + 128);
    for line in bare.split(|byte| *byte == b'\n') {
        let line = line.trim_ascii_end();
        let is_length = line
            .get(..15)
            .is_some_and(|name| name.eq_ignore_ascii_case(b"content-length:"));
        if !line.is_empty() && !is_length {
            answer.extend_from_slice(line);
            answer.extend_from_slice(b"\r\n");
        }
    }
    let ours = format!(
        "content-type: application/json\r\nx-request-id: {id}\r\nopenai-processing-ms: 0\r\n\
         content-length: {}\r\n\r\n",
        body.len()
    );
    answer.extend_from_slice(ours.as_bytes());
    answer.extend_from_slice(&body);
    answer
}
