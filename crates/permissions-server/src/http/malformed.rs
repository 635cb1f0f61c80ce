//! JSON responses to malformed requests.

use std::time::SystemTime;

use axum::http::StatusCode;

use super::error::ApiError;
use crate::id::request_id;

/// Returns the complete response to a malformed request as bytes.
pub(crate) fn json_refusal(status: StatusCode) -> Vec<u8> {
    let id = request_id();
    tracing::info!(id, status = status.as_u16(), "refused a malformed request");
    let body = ApiError::not_a_request(status).body();
    let (date, length) = (httpdate::fmt_http_date(SystemTime::now()), body.len());
    format!(
        "HTTP/1.1 {status}\r\ndate: {date}\r\nconnection: close\r\nx-request-id: {id}\r\n\
         openai-processing-ms: 0\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}
