use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::StatusCode;
use http::header::LOCATION;
use permissions_api as api;
use serde::de::DeserializeOwned;
use url::Url;

use crate::action::Action;
use crate::error::{Error, ErrorKind, ErrorResponse};
use crate::http_client::HttpClient;
use crate::metadata::Metadata;
use crate::redact::Redactor;

/// Size limit of an error response's body, in bytes. The API's error messages are shorter than 1 KiB.
const ERROR_BODY: usize = 64 << 10;

/// An attempt without a usable response.
pub(super) struct Rejected<'a> {
    pub(super) action: Action,
    pub(super) http: &'a HttpClient,
    /// Limit of the response body in bytes.
    pub(super) body_limit: usize,
    /// Description of the target, if the response is a redirect.
    pub(super) redirect: Option<String>,
    pub(super) metadata: Metadata,
    pub(super) redactor: Redactor<'a>,
}

impl Rejected<'_> {
    /// Converts the generated client's error. `T` is the documented body of a success.
    pub(super) async fn explain<T: DeserializeOwned>(
        self,
        error: api::Error<()>,
        timeout: Option<Duration>,
    ) -> Error {
        match error {
            api::Error::UnexpectedResponse(response) => {
                let mut reason = self.responded(response.status());
                if let Some(target) = &self.redirect {
                    reason.push_str(target);
                }
                if response.status().is_success() {
                    reason.push_str(" without the documented body");
                }
                self.response(reason, &read_beginning(response).await)
            }
            api::Error::InvalidResponsePayload(body, cause) => {
                let details = self.redactor.text(decode_error::<T>(&body, &cause));
                self.decode(&body, &details)
            }
            api::Error::CommunicationError(cause)
            | api::Error::ResponseBodyError(cause)
            | api::Error::InvalidUpgrade(cause) => {
                let error = self
                    .http
                    .error(self.action, cause, timeout, self.body_limit);
                match self.metadata.status() {
                    Some(_) => error.with_response(ErrorResponse::new(self.metadata)),
                    None => error,
                }
            }
            api::Error::InvalidRequest(reason) => {
                Error::new(ErrorKind::InvalidRequest, self.action, reason)
            }
            // The hooks of the generated client report a followed redirect. The server at the target of the redirect
            // may have made the change.
            api::Error::Custom(reason) => {
                let error = Error::new(ErrorKind::Redirect, self.action, reason);
                let error = error.with_response(ErrorResponse::new(self.metadata));
                error.with(|it| it.is_ambiguous = true)
            }
            // The generated client returns this error only for error responses that the API description declares. The
            // description declares none.
            api::Error::ErrorResponse(response) => {
                let reason = self.responded(response.status());
                self.response(reason, &Bytes::new())
            }
        }
    }

    /// Describes the target of a redirect by its origin, because the path and the query may contain a secret.
    pub(super) fn redirect_target(
        head: &http::Response<Url>,
        redactor: &Redactor<'_>,
    ) -> Option<String> {
        let location = head.headers().get(LOCATION)?.to_str().ok()?;
        let location = Url::parse(location).ok()?;
        let origin = location.origin().ascii_serialization();
        let is_redirect = head.status().is_redirection();
        is_redirect.then(|| redactor.text(format!(", a redirect to {origin}")))
    }

    /// Explains a success whose body is not the documented JSON.
    fn decode(self, body: &Bytes, details: &str) -> Error {
        let note = self.http.forwarding_note();
        let status = self.metadata.status().unwrap_or(200);
        let reason = if status != 200 {
            let status = StatusCode::from_u16(status).unwrap_or_default();
            format!("{} without the documented body", self.responded(status))
        } else if body.trim_ascii().is_empty() {
            format!("the response body is empty{note}")
        } else {
            format!("the response is not the documented JSON{note}: {details}")
        };
        self.response(reason, body)
    }

    /// Creates the error of a response. The status decides the kind, unless the status is a success.
    fn response(self, mut reason: String, body: &Bytes) -> Error {
        if let Some(encoding) = self.metadata.header("content-encoding") {
            reason.push_str(", with the unexpected Content-Encoding ");
            reason.push_str(encoding);
        }
        let is_write = matches!(self.action, Action::Create(_) | Action::Delete(_));
        let status = self.metadata.status().unwrap_or_default();
        let response = ErrorResponse::new(self.metadata).with_body(body, &self.redactor);
        let error = match status {
            200 => Error::new(ErrorKind::Decode, self.action, reason).with_response(response),
            201..=299 if is_write => {
                reason.push_str(", so the change may have been made");
                Error::new(ErrorKind::Incomplete, self.action, reason).with_response(response)
            }
            _ => Error::from_response(self.action, reason, response),
        };
        // If the API responds with a 4xx status other than 408 and 409, the API has not processed the request.
        let is_ambiguous = !matches!(status, 400..=407 | 410..=499);
        error.with(|it| it.is_ambiguous = is_ambiguous)
    }

    fn responded(&self, status: StatusCode) -> String {
        let note = self.http.forwarding_note();
        format!("the API responded with {status}{note}")
    }
}

/// Describes a JSON error with the path of the invalid member, which the generated client does not report.
fn decode_error<T: DeserializeOwned>(body: &[u8], cause: &serde_json::Error) -> String {
    let mut json = serde_json::Deserializer::from_slice(body);
    match serde_path_to_error::deserialize::<_, T>(&mut json) {
        Err(error) if error.path().iter().next().is_some() => error.to_string(),
        _ => cause.to_string(),
    }
}

/// Reads an error's body until the size limit or the timeout is reached. A partial body is still useful.
async fn read_beginning(mut response: reqwest::Response) -> Bytes {
    let mut body = BytesMut::new();
    while body.len() < ERROR_BODY {
        match response.chunk().await {
            Ok(Some(chunk)) => {
                body.extend_from_slice(&chunk[..chunk.len().min(ERROR_BODY - body.len())])
            }
            Ok(None) | Err(_) => break,
        }
    }
    body.freeze()
}
