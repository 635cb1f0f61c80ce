use std::error::Error as _;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{AUTHORIZATION, CONTENT_ENCODING, HeaderName, HeaderValue, LOCATION};
use http::{HeaderMap, StatusCode};
use permissions_api as api;
use permissions_api::hooks::{CallContext, Observed};

use super::{Failure, Operation, Reply, Transport};
use crate::Error;
use crate::action::Action;
use crate::error::{Kind, Problem};
use crate::key::{Key, Secret};
use crate::metadata::Metadata;
use crate::options::CallOptions;

/// Tells the API how many attempts failed before this one.
pub(crate) const RETRY_COUNT: HeaderName = HeaderName::from_static("x-stainless-retry-count");

/// The most that is read of a body that tells of an error, in bytes; its beginning is what matters.
const ERROR_BODY: usize = 64 << 10;

/// Leaves an attempt the time that the HTTP client gives it.
pub(crate) const NO_TIMEOUT: Duration = Duration::MAX;

impl Transport {
    /// Sends an operation once.
    pub(super) async fn attempt<O: Operation>(
        &self,
        operation: &O,
        options: &CallOptions,
        failures: u32,
        timeout: Duration,
    ) -> Result<Reply<O::Output>, Failure> {
        let fresh = match (&options.key, &self.key) {
            (Some(own), _) => Some(own.clone()),
            (None, Key::Provider(_)) => self.fresh_key(&operation.action(), timeout).await?,
            (None, Key::Fixed(_) | Key::Absent) => None,
        };
        let context = self.context(options, failures, timeout, fresh.as_ref());
        let api = api::Client::new_with_client(&self.base_url, self.http.clone(), context.clone());
        match operation.send(&api).await {
            Ok(response) => {
                let metadata = Metadata {
                    headers: context
                        .take_observed()
                        .map(|seen| seen.headers)
                        .unwrap_or_default(),
                    retries: failures,
                };
                Ok(Reply {
                    value: response.into_inner(),
                    metadata,
                })
            }
            Err(error) => {
                let secret = fresh.as_ref().or(self.key.fixed());
                let failed = Failed {
                    action: operation.action(),
                    secret,
                    observed: context.take_observed(),
                };
                Err(failed.explain(error, timeout).await)
            }
        }
    }

    async fn fresh_key(
        &self,
        action: &Action,
        timeout: Duration,
    ) -> Result<Option<Secret>, Failure> {
        let key = tokio::time::timeout(timeout, self.key.fresh(action))
            .await
            .unwrap_or_else(|_| {
                Err(Error::new(
                    Kind::KeyProvider,
                    action.clone(),
                    format!("the key provider gave no key within {timeout:?}"),
                ))
            });
        key.map_err(Failure::not_sent)
    }

    fn context(
        &self,
        options: &CallOptions,
        failures: u32,
        timeout: Duration,
        fresh: Option<&Secret>,
    ) -> CallContext {
        let limit = options.body_limit.unwrap_or(self.body_limit);
        let mut context = CallContext::with_headers(self.headers.clone()).body_limit(limit);
        if timeout < NO_TIMEOUT {
            context = context.timeout(timeout);
        }
        if let Some(secret) = fresh {
            context = context.header(AUTHORIZATION, secret.header());
        }
        if failures > 0 {
            context = context.header(RETRY_COUNT, HeaderValue::from(failures));
        }
        for (name, value) in &options.headers {
            context = match value {
                Some(value) => context.header(name.clone(), value.clone()),
                None => context.remove_header(name.clone()),
            };
        }
        for (name, value) in &options.query {
            context = context.query(name, value);
        }
        context
    }
}

/// A failed attempt on its way to a [`Failure`].
struct Failed<'a> {
    action: Action,
    secret: Option<&'a Secret>,
    observed: Option<Observed>,
}

impl Failed<'_> {
    async fn explain(self, error: api::Error<()>, timeout: Duration) -> Failure {
        match error {
            api::Error::UnexpectedResponse(response) => self.status(response).await,
            api::Error::InvalidResponsePayload(body, cause) => self.decode(body, &cause),
            api::Error::CommunicationError(cause) | api::Error::ResponseBodyError(cause) => {
                self.broken(cause, timeout)
            }
            api::Error::InvalidUpgrade(cause) => self.broken(cause, timeout),
            api::Error::InvalidRequest(reason) | api::Error::Custom(reason) => {
                Failure::not_sent(Error::new(Kind::InvalidRequest, self.action, reason))
            }
            api::Error::ErrorResponse(response) => {
                let problem = Problem::without_body(response.status().as_u16(), response.headers());
                let reason = answered(response.status());
                let error = Error::new(Kind::Status, self.action, reason).with_problem(problem);
                Failure::answered(error, response.headers())
            }
        }
    }

    async fn status(self, mut response: reqwest::Response) -> Failure {
        let status = response.status();
        let headers = std::mem::take(response.headers_mut());
        let body = self.redact(beginning(response).await);
        let mut reason = answered(status);
        if let Some(target) = redirect_target(status, &headers) {
            reason.push_str(&target);
        }
        let problem = self.clean(Problem::read(status.as_u16(), &headers, body));
        let project_key = self.secret.is_some_and(Secret::is_project_key);
        Failure::answered(
            Error::new(Kind::Status, self.action, reason)
                .with_problem(problem)
                .with_project_key(project_key),
            &headers,
        )
    }

    fn decode(self, body: Bytes, cause: &serde_json::Error) -> Failure {
        let cause = self.redact(Bytes::from(cause.to_string()));
        let body = self.redact(body);
        let (status, headers) = self.seen();
        let mut reason = if body.trim_ascii().is_empty() {
            "the answer is empty where JSON was expected".to_owned()
        } else {
            format!(
                "the answer is not the documented JSON ({})",
                String::from_utf8_lossy(&cause)
            )
        };
        if let Some(encoding) = headers
            .get(CONTENT_ENCODING)
            .and_then(|value| value.to_str().ok())
        {
            let encoding = self.redact_text(encoding.to_owned());
            reason.push_str(&format!(
                ", it came in an encoding that was not asked for, {encoding}"
            ));
        }
        let problem = self.clean(Problem::read(status, &headers, body));
        Failure::answered(
            Error::new(Kind::Decode, self.action, reason).with_problem(problem),
            &headers,
        )
    }

    fn broken(self, cause: reqwest::Error, timeout: Duration) -> Failure {
        // The URL holds ids, and whatever a caller put into its query.
        let cause = cause.without_url();
        if cause.is_builder() {
            return Failure::not_sent(
                Error::new(
                    Kind::InvalidRequest,
                    self.action,
                    "the request cannot be built",
                )
                .with_source(cause),
            );
        }
        let (kind, reason) = if cause.is_connect() {
            (Kind::Connect, "no connection to the API".to_owned())
        } else if cause.is_timeout() {
            let reason = match timeout {
                NO_TIMEOUT => {
                    "no complete answer in the time that the HTTP client allows".to_owned()
                }
                _ => format!("no complete answer within {timeout:?}"),
            };
            (Kind::Timeout, reason)
        } else if is_too_large(&cause) {
            (
                Kind::BodyTooLarge,
                "the answer is larger than the limit for bodies".to_owned(),
            )
        } else {
            (
                Kind::Transport,
                "the connection broke before the answer was complete".to_owned(),
            )
        };
        let mut error = Error::new(kind, self.action.clone(), reason);
        if let Some(seen) = &self.observed {
            let problem = Problem::without_body(seen.status, &seen.headers);
            error = error.with_problem(self.clean(problem));
        }
        let error = error.with_source(cause);
        if kind == Kind::Connect || error.is_certificate() {
            Failure::not_sent(error)
        } else {
            Failure::unknown(error)
        }
    }

    fn seen(&self) -> (u16, HeaderMap) {
        self.observed
            .as_ref()
            .map_or((200, HeaderMap::new()), |seen| {
                (seen.status, seen.headers.clone())
            })
    }

    fn clean(&self, problem: Problem) -> Problem {
        problem.cleaned(|text| self.redact_text(text))
    }

    fn redact_text(&self, text: String) -> String {
        match self.secret {
            Some(secret) => secret.redact_text(text),
            None => text,
        }
    }

    fn redact(&self, body: Bytes) -> Bytes {
        self.secret
            .map_or_else(|| body.clone(), |secret| secret.redact(&body))
    }
}

fn answered(status: StatusCode) -> String {
    format!("the API answered {status}")
}

/// As much of a body as says why; what cannot be read any more is not missed.
async fn beginning(mut response: reqwest::Response) -> Bytes {
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

/// Where a redirect leads, without anything in it that could be secret.
fn redirect_target(status: StatusCode, headers: &HeaderMap) -> Option<String> {
    if !status.is_redirection() {
        return None;
    }
    let location = url::Url::parse(headers.get(LOCATION)?.to_str().ok()?).ok()?;
    Some(format!(
        ", a redirect to {}",
        location.origin().ascii_serialization()
    ))
}

fn is_too_large(error: &reqwest::Error) -> bool {
    let mut source = error.source();
    while let Some(cause) = source {
        if cause.is::<http_body_util::LengthLimitError>() {
            return true;
        }
        source = cause.source();
    }
    false
}
