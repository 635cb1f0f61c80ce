//! JSON responses to malformed requests.

use axum::http::StatusCode;

use super::error::ApiError;
use crate::id::request_id;

/// Returns hyper's response `bare`, which has no body, with a JSON body. The result is the complete response in bytes.
pub(crate) fn json_refusal(status: StatusCode, bare: &[u8]) -> Vec<u8> {
    let id = request_id();
    tracing::info!(id, status = status.as_u16(), "refused a malformed request");
    let body = ApiError::not_a_request(status).body();
    let mut response = Vec::with_capacity(bare.len() + body.len() + 128);
    for line in bare.split(|byte| *byte == b'\n') {
        let line = line.trim_ascii_end();
        let name = line.split(|byte| *byte == b':').next().unwrap_or_default();
        if !line.is_empty() && !name.eq_ignore_ascii_case(b"content-length") {
            response.extend_from_slice(line);
            response.extend_from_slice(b"\r\n");
        }
    }
    let headers = format!(
        "content-type: application/json\r\nx-request-id: {id}\r\nopenai-processing-ms: 0\r\n\
         content-length: {}\r\n\r\n",
        body.len()
    );
    response.extend_from_slice(headers.as_bytes());
    response.extend_from_slice(&body);
    response
}
