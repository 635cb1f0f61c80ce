//! Error responses.

use axum::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use super::response::{json_response, to_json};
use crate::store::{StoreError, StoreErrorKind};

/// The error response to a refused or failed request.
#[derive(Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    code: &'static str,
    param: Option<String>,
    message: String,
}

impl ApiError {
    pub(crate) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            param: None,
            message: message.into(),
        }
    }

    /// Creates an error with status 400.
    pub(crate) fn bad_request(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// Creates an error with status 400 for the parameter `param`.
    pub(crate) fn invalid(code: &'static str, param: &str, message: impl Into<String>) -> Self {
        Self::bad_request(code, message).param(param)
    }

    pub(crate) fn param(self, param: &str) -> Self {
        Self {
            param: Some(param.to_owned()),
            ..self
        }
    }

    /// Returns the error for a malformed request. `status` is the status of hyper's own response.
    pub(crate) fn not_a_request(status: StatusCode) -> Self {
        let (code, message) = match status {
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => (
                "headers_too_large",
                "the URL and the headers of the request are too large, or there are too many headers; \
                 shorten the URL or send fewer headers",
            ),
            StatusCode::URI_TOO_LONG => (
                "url_too_long",
                "the URL of the request is too long; an id has at most 512 bytes",
            ),
            StatusCode::REQUEST_TIMEOUT => (
                "request_timeout",
                "the headers of the request did not arrive in time",
            ),
            _ => (
                "invalid_http",
                "this is not a valid HTTP/1.1 request; check the client and the proxies before this server",
            ),
        };
        Self::new(status, code, message)
    }

    /// The response body.
    pub(crate) fn body(&self) -> String {
        let kind = match self.status {
            StatusCode::TOO_MANY_REQUESTS => "requests",
            status if status.is_server_error() => "server_error",
            _ => "invalid_request_error",
        };
        let (message, param) = (to_json(&self.message), to_json(&self.param));
        let code = self.code;
        format!(
            r#"{{"error":{{"message":{message},"type":"{kind}","param":{param},"code":"{code}"}}}}"#
        )
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "the database failed");
        let (code, message) = match error.kind {
            StoreErrorKind::Full => (
                "database_full",
                "the server's disk is full; free some space there and try again",
            ),
            StoreErrorKind::LogFull => (
                "database_log_full",
                "another program keeps a transaction on the server's database open; end that transaction and try again",
            ),
            StoreErrorKind::ReadOnly => (
                "database_read_only",
                "the server's database is read-only; make it writable and try again",
            ),
            StoreErrorKind::Damaged => (
                "database_damaged",
                "the server's database is damaged; restore it from a backup",
            ),
            StoreErrorKind::Internal => (
                "internal_error",
                "the server failed; look for this request's id in the server's log to find the reason",
            ),
            StoreErrorKind::Unreachable
            | StoreErrorKind::ConnectionLost
            | StoreErrorKind::Conflict
            | StoreErrorKind::Unavailable => (
                "database_unavailable",
                "the server's database does not respond; try again in a moment",
            ),
        };
        let status = match error.kind {
            StoreErrorKind::Damaged | StoreErrorKind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::SERVICE_UNAVAILABLE,
        };
        Self::new(status, code, message)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = json_response(self.status, self.body());
        let header = match self.status {
            StatusCode::UNAUTHORIZED => Some((WWW_AUTHENTICATE, "Bearer")),
            // These errors have no `Retry-After`, because retries fail until an operator has fixed the cause.
            _ if matches!(
                self.code,
                "database_full" | "database_log_full" | "database_read_only"
            ) =>
            {
                None
            }
            StatusCode::SERVICE_UNAVAILABLE => Some((RETRY_AFTER, "1")),
            _ => None,
        };
        if let Some((name, value)) = header {
            let headers = response.headers_mut();
            headers.insert(name, HeaderValue::from_static(value));
        }
        response
    }
}
