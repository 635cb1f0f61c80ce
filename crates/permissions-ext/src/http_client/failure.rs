//! The classification of reqwest's errors.

use std::error::Error as StdError;
use std::iter::successors;
use std::time::Duration;

use super::HttpClient;
use crate::action::Action;
use crate::error::{Error, ErrorKind};

/// Text of reqwest's error if the proxy itself cannot be reached.
const UNREACHABLE: &str = "failed to create underlying connection";

/// Texts of reqwest's errors for a 407 response to CONNECT and for a SOCKS proxy that rejects the login.
const NEEDS_CREDENTIALS: [&str; 2] = ["proxy authorization required", "credentials not accepted"];

impl HttpClient {
    /// Converts reqwest's error about a request without a complete response. `timeout` is the timeout of the attempt,
    /// or `None` if the client set no timeout. `body_limit` is the limit of the body in bytes.
    pub(crate) fn error(
        &self,
        action: Action,
        cause: reqwest::Error,
        timeout: Option<Duration>,
        body_limit: usize,
    ) -> Error {
        // Removes the URL, which contains ids and the caller's query parameters.
        let cause = cause.without_url();
        let is_too_large =
            |cause: &(dyn StdError + 'static)| cause.is::<http_body_util::LengthLimitError>();
        let (kind, reason) = if cause.is_connect() {
            self.no_connection(&cause)
        } else if cause.is_builder() {
            let reason = "the request cannot be built";
            (ErrorKind::InvalidRequest, reason.to_owned())
        } else if cause.is_timeout() {
            let reason = match timeout {
                Some(timeout) => format!("no complete response within {timeout:?}"),
                None => "no complete response within the HTTP client's timeout".to_owned(),
            };
            (ErrorKind::Timeout, reason)
        } else if causes(&cause).any(is_too_large) {
            let reason =
                format!("the response body is larger than the limit of {body_limit} bytes");
            (ErrorKind::BodyTooLarge, reason)
        } else {
            let reason = "the connection was lost before the response was complete";
            (ErrorKind::Transport, reason.to_owned())
        };
        let error = Error::new(kind, action, reason).with_source(cause);
        // reqwest does not report whether the timeout passed before or after the request was sent.
        let is_ambiguous = matches!(
            error.kind(),
            ErrorKind::Timeout | ErrorKind::BodyTooLarge | ErrorKind::Transport
        );
        error.with(|it| it.is_ambiguous = is_ambiguous)
    }

    /// Explains an error that occurred before the request was sent. Matches the texts of proxy errors, because reqwest
    /// does not export their types.
    fn no_connection(&self, cause: &reqwest::Error) -> (ErrorKind, String) {
        let origin = self.origin();
        let refusal = causes(cause).find_map(|cause| {
            let text = cause.to_string();
            let (kind, reason) = text.split_once(" error: ")?;
            let is_of_proxy = ["tunnel", "SOCKS"].contains(&kind);
            is_of_proxy.then(|| reason.to_owned())
        });
        match (refusal.as_deref(), self.proxy.name()) {
            (Some(UNREACHABLE), Some(proxy)) => {
                (ErrorKind::Connect, format!("no connection to {proxy}"))
            }
            (Some(reason), Some(proxy)) => {
                let verb = match NEEDS_CREDENTIALS.contains(&reason) {
                    true => "requires credentials for",
                    false => "refused",
                };
                let reason = format!("{proxy} {verb} a tunnel to {origin}");
                (ErrorKind::Proxy, reason)
            }
            (_, proxy) => {
                let within = match self.connect_timeout.filter(|_| cause.is_timeout()) {
                    Some(timeout) => format!(" within {timeout:?}"),
                    None => String::new(),
                };
                let through = match proxy.filter(|_| !self.is_custom()) {
                    Some(proxy) => format!(", through {proxy}"),
                    None => String::new(),
                };
                let reason = format!("no connection{within} to the API at {origin}{through}");
                (ErrorKind::Connect, reason)
            }
        }
    }
}

fn causes<'a>(error: &'a reqwest::Error) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    successors(error.source(), |&cause| cause.source())
}
