//! The classification of reqwest's errors.

use std::error::Error as StdError;
use std::iter::successors;
use std::time::Duration;

use super::{HttpClient, Proxy};
use crate::error::ErrorKind;

/// A request without a complete response.
pub(crate) struct SendFailure {
    pub(crate) kind: ErrorKind,
    pub(crate) reason: String,
    pub(crate) sent: Sent,
    /// Whether another attempt may succeed, although errors of this kind are usually not retried.
    pub(crate) should_retry: Option<bool>,
    pub(crate) cause: reqwest::Error,
}

/// Whether the API may have received a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sent {
    No,
    Maybe,
}

impl HttpClient {
    /// Classifies an error by its type. `timeout` is the timeout of the attempt, if the client set one.
    pub(crate) fn classify(&self, error: reqwest::Error, timeout: Option<Duration>) -> SendFailure {
        // Removes the URL, which contains ids and the caller's query parameters.
        let cause = error.without_url();
        if cause.is_connect() {
            return self.no_connection(cause);
        }
        let is_too_large =
            |cause: &(dyn StdError + 'static)| cause.is::<http_body_util::LengthLimitError>();
        let (kind, reason) = if cause.is_builder() {
            (
                ErrorKind::InvalidRequest,
                "the request cannot be built".to_owned(),
            )
        } else if cause.is_timeout() {
            let reason = match timeout {
                Some(timeout) => format!("no complete response within {timeout:?}"),
                None => "no complete response within the HTTP client's timeout".to_owned(),
            };
            (ErrorKind::Timeout, reason)
        } else if causes(&cause).any(is_too_large) {
            let reason = "the response body is larger than `body_limit`";
            (ErrorKind::BodyTooLarge, reason.to_owned())
        } else {
            let reason = "the connection was lost before the response was complete";
            (ErrorKind::Transport, reason.to_owned())
        };
        let sent = match kind {
            ErrorKind::InvalidRequest => Sent::No,
            // reqwest does not report whether the timeout passed before or after the request was sent.
            _ => Sent::Maybe,
        };
        SendFailure {
            kind,
            reason,
            sent,
            should_retry: None,
            cause,
        }
    }

    /// Classifies an error that occurred before the request was sent. Matches the texts of proxy errors, because
    /// reqwest does not export their types.
    fn no_connection(&self, cause: reqwest::Error) -> SendFailure {
        let origin = self.origin();
        let proxy = self.proxy.name();
        let refusal = causes(&cause).find_map(|cause| {
            let text = cause.to_string();
            let (kind, reason) = text.split_once(" error: ")?;
            ["tunnel", "SOCKS"]
                .contains(&kind)
                .then(|| reason.to_owned())
        });
        let (kind, reason, should_retry) = match (refusal.as_deref(), proxy) {
            (Some(UNREACHABLE), Some(proxy)) => (
                ErrorKind::Connect,
                format!("no connection to {proxy}"),
                None,
            ),
            (Some(reason), Some(proxy)) => {
                let asks_for_credentials = NEEDS_CREDENTIALS.contains(&reason);
                let reason = match asks_for_credentials {
                    true => format!("{proxy} requires credentials for a tunnel to {origin}"),
                    false => format!("{proxy} refused a tunnel to {origin}"),
                };
                (
                    ErrorKind::Proxy,
                    reason,
                    asks_for_credentials.then_some(false),
                )
            }
            (_, proxy) => {
                let within = match self.connect_timeout.filter(|_| cause.is_timeout()) {
                    Some(timeout) => format!(" within {timeout:?}"),
                    None => String::new(),
                };
                let through = match proxy.filter(|_| !matches!(self.proxy, Proxy::Unknown)) {
                    Some(proxy) => format!(", through {proxy}"),
                    None => String::new(),
                };
                let reason = format!("no connection{within} to the API at {origin}{through}");
                (ErrorKind::Connect, reason, None)
            }
        };
        SendFailure {
            kind,
            reason,
            sent: Sent::No,
            should_retry,
            cause,
        }
    }
}

/// Text of reqwest's error if the proxy itself cannot be reached.
const UNREACHABLE: &str = "failed to create underlying connection";

/// Texts of reqwest's errors for a 407 response to CONNECT and for a SOCKS proxy that rejects the login.
const NEEDS_CREDENTIALS: [&str; 2] = ["proxy authorization required", "credentials not accepted"];

fn causes<'a>(error: &'a reqwest::Error) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    successors(error.source(), |&cause| cause.source())
}
