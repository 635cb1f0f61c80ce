//! The one error that answers a request.

use std::time::Duration;

use axum::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::store::{StoreError, StoreErrorKind};

const INVALID_REQUEST: &str = "invalid_request_error";
const SERVER: &str = "server_error";

/// A refused or failed request: a status and the four members that clients read.
#[derive(Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    kind: &'static str,
    code: &'static str,
    param: Option<String>,
    message: String,
}

impl ApiError {
    /// 400: `param` is at fault.
    pub(crate) fn invalid(
        code: &'static str,
        param: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            param: Some(param.into()),
            ..Self::new(StatusCode::BAD_REQUEST, INVALID_REQUEST, code, message)
        }
    }

    /// 400: the body as a whole is at fault.
    pub(crate) fn invalid_body(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, INVALID_REQUEST, code, message)
    }

    pub(crate) fn missing_key() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            INVALID_REQUEST,
            "missing_api_key",
            "no API key was sent; send an admin key as `Authorization: Bearer KEY`",
        )
    }

    pub(crate) fn unknown_key() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            INVALID_REQUEST,
            "invalid_api_key",
            "the API key is not one of this server's; check it and that the base URL is right",
        )
    }

    pub(crate) fn not_admin() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            INVALID_REQUEST,
            "insufficient_permissions",
            "this is a project's API key; checkpoint permissions need an admin API key",
        )
    }

    pub(crate) fn unknown_permission(checkpoint: &str, id: &str) -> Self {
        Self {
            param: Some("permission_id".to_owned()),
            ..Self::new(
                StatusCode::NOT_FOUND,
                INVALID_REQUEST,
                "not_found",
                format!("checkpoint '{checkpoint}' has no permission '{id}'"),
            )
        }
    }

    pub(crate) fn unknown_url(method: &Method, path: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            INVALID_REQUEST,
            "unknown_url",
            format!("there is nothing at {method} {path}; check that the base URL ends in /v1"),
        )
    }

    pub(crate) fn method_not_allowed(method: &Method, path: &str) -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            INVALID_REQUEST,
            "method_not_allowed",
            format!("{method} is not a method of {path}; the Allow header names those that are"),
        )
    }

    pub(crate) fn body_too_slow() -> Self {
        Self::new(
            StatusCode::REQUEST_TIMEOUT,
            INVALID_REQUEST,
            "request_timeout",
            "the request's body took too long to arrive",
        )
    }

    pub(crate) fn body_too_large(limit: usize) -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            INVALID_REQUEST,
            "request_too_large",
            format!("the request's body is larger than {limit} bytes; split it"),
        )
    }

    pub(crate) fn unsupported_media_type(found: Option<&str>) -> Self {
        let found = match found {
            Some(found) => format!("the body's Content-Type is '{found}'"),
            None => "the body has no Content-Type".to_owned(),
        };
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            INVALID_REQUEST,
            "unsupported_media_type",
            format!("{found}; send application/json"),
        )
    }

    pub(crate) fn too_many_requests(wait: Duration) -> Self {
        Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "requests",
            "rate_limit_exceeded",
            format!(
                "this key has sent too many requests; wait {} ms before the next",
                wait.as_millis().max(1)
            ),
        )
    }

    /// The fault that a test asked for.
    pub(crate) fn on_request(status: StatusCode) -> Self {
        let kind = if status.is_server_error() {
            SERVER
        } else {
            INVALID_REQUEST
        };
        Self::new(
            status,
            kind,
            "fault_on_request",
            "a fault that this test asked for",
        )
    }

    pub(crate) fn invalid_fault(message: impl Into<String>) -> Self {
        Self::invalid("invalid_value", "x-fault", message)
    }

    pub(crate) fn took_too_long() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            SERVER,
            "timeout",
            "the server did not finish this request in time; a write may still take effect",
        )
    }

    /// What arrived was refused before there was a request in it.
    pub(crate) fn no_request(status: StatusCode) -> Self {
        let (code, message) = match status {
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => (
                "headers_too_large",
                "the request's line and headers are too large or too many; send fewer",
            ),
            StatusCode::URI_TOO_LONG => (
                "url_too_long",
                "the request's URL is too long; an id has at most 512 bytes",
            ),
            _ => (
                "invalid_http",
                "this is not an HTTP/1.1 request; check what stands between the client and here",
            ),
        };
        Self::new(status, INVALID_REQUEST, code, message)
    }

    /// The body: JSON with four members.
    pub(crate) fn body(&self) -> Vec<u8> {
        #[derive(Serialize)]
        struct Body<'a> {
            error: Members<'a>,
        }
        #[derive(Serialize)]
        struct Members<'a> {
            message: &'a str,
            r#type: &'a str,
            param: Option<&'a str>,
            code: &'a str,
        }
        super::response::to_json(&Body {
            error: Members {
                message: &self.message,
                r#type: self.kind,
                param: self.param.as_deref(),
                code: self.code,
            },
        })
    }

    fn new(
        status: StatusCode,
        kind: &'static str,
        code: &'static str,
        message: impl Into<String>,
    ) -> Self {
        Self {
            status,
            kind,
            code,
            param: None,
            message: message.into(),
        }
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "the database failed");
        let (status, code, message) = match error.kind() {
            StoreErrorKind::Unavailable => (
                StatusCode::SERVICE_UNAVAILABLE,
                "database_unavailable",
                "the server's database does not answer; try again in a moment",
            ),
            StoreErrorKind::Full => (
                StatusCode::SERVICE_UNAVAILABLE,
                "database_full",
                "the server's disk is full; free some space there and try again",
            ),
            StoreErrorKind::ReadOnly => (
                StatusCode::SERVICE_UNAVAILABLE,
                "database_read_only",
                "the server's database takes no writes; make it writable and try again",
            ),
            StoreErrorKind::Damaged => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "database_damaged",
                "the server's database is damaged; restore it from a backup",
            ),
            StoreErrorKind::Internal => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal_error",
                "the server failed; its log says why beside this request's id",
            ),
        };
        Self::new(status, SERVER, code, message)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = super::response::of_json(self.status, self.body());
        let headers = response.headers_mut();
        match self.status {
            StatusCode::UNAUTHORIZED => {
                headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            StatusCode::SERVICE_UNAVAILABLE => {
                headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
            }
            _ => {}
        }
        response
    }
}
