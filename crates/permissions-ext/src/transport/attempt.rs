use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{AUTHORIZATION, CONTENT_ENCODING, HeaderName, HeaderValue, LOCATION};
use http::{HeaderMap, StatusCode};
use permissions_api as api;
use permissions_api::hooks::{CallContext, Observed};
use tokio::time::Instant;

use super::{Failure, Operation, Reply, Transport};
use crate::action::Action;
use crate::error::{Error, Kind, Problem};
use crate::http_client::{HttpClient, SendFailure, Sent};
use crate::key::{Key, Secret};
use crate::metadata::Metadata;
use crate::options::RequestOptions;

/// Number of earlier attempts of a request, in the official SDKs' header.
pub(crate) const RETRY_COUNT: HeaderName = HeaderName::from_static("x-stainless-retry-count");

/// Limit of an error response's body in bytes. Messages of the API have less than 1 KiB.
const ERROR_BODY: usize = 64 << 10;

impl Transport {
    /// Creates the generated client that sends all attempts of one call.
    pub(super) fn client(&self, options: &RequestOptions) -> api::Client {
        let limit = options.body_limit.unwrap_or(self.body_limit);
        let mut context = CallContext::with_headers(self.headers.clone())
            .observe()
            .body_limit(limit);
        if self.http.is_custom {
            context = context.check_url();
        }
        if let Some(key) = &options.key {
            context.set_header(AUTHORIZATION, Some(key.header()));
        }
        for (name, value) in &options.headers {
            context.set_header(name.clone(), value.clone());
        }
        for (name, value) in &options.query {
            context = context.query(name, value);
        }
        api::Client::new_with_client(&self.base_url, self.http.client.clone(), context)
    }

    /// Sends an operation once. The timeout is `None` if the caller's HTTP client decides.
    pub(super) async fn attempt<O: Operation>(
        &self,
        operation: &O,
        api: &mut api::Client,
        options: &RequestOptions,
        failures: u32,
        timeout: Option<Duration>,
    ) -> Result<Reply<O::Output>, Failure> {
        let mut remaining = timeout;
        let fresh = match (&options.key, &self.key) {
            (Some(own), _) => Some(own.clone()),
            (None, Key::Provider(_)) => {
                let started = Instant::now();
                let key = Box::pin(self.fresh_key(&operation.action(), timeout)).await?;
                remaining = timeout.map(|timeout| timeout.saturating_sub(started.elapsed()));
                if let Some(key) = &key {
                    set_unless_own(api, options, AUTHORIZATION, key.header());
                }
                key
            }
            (None, Key::Fixed(_) | Key::Absent) => None,
        };
        if failures > 0 {
            set_unless_own(api, options, RETRY_COUNT, HeaderValue::from(failures));
        }
        let differs = remaining != self.http.timeout || self.http.is_custom;
        api.context_mut().set_timeout(remaining.filter(|_| differs));
        let sent = operation.send(api).await;
        let observed = api.context().take_observed();
        let secret = fresh.as_ref().or(self.key.fixed());
        let is_redirected = observed.as_ref().is_some_and(|seen| seen.redirected);
        let contradiction = match sent {
            Ok(response) if !is_redirected => match operation.check(&response) {
                Ok(()) => {
                    return Ok(Reply {
                        value: response.into_inner(),
                        metadata: Metadata::new(observed, failures, secret),
                    });
                }
                Err(reason) => Ok(reason),
            },
            Ok(_) => Ok(String::new()),
            Err(error) => Err(error),
        };
        let failed = Failed {
            action: operation.action(),
            http: &self.http,
            timeout,
            secret,
            observed,
        };
        Err(match contradiction {
            _ if is_redirected => failed.redirected(),
            Ok(reason) => failed.contradicted(reason),
            // Boxed, because every call's future would contain its space otherwise.
            Err(error) => Box::pin(failed.explain(error)).await,
        })
    }

    async fn fresh_key(
        &self,
        action: &Action,
        timeout: Option<Duration>,
    ) -> Result<Option<Secret>, Failure> {
        let key = self.key.fresh(action);
        let key = match timeout {
            None => key.await,
            Some(timeout) => tokio::time::timeout(timeout, key)
                .await
                .unwrap_or_else(|_| {
                    let reason = format!("the key provider gave no key within {timeout:?}");
                    Err(Error::new(Kind::Key, action.clone(), reason))
                }),
        };
        key.map_err(Failure::not_sent)
    }
}

/// Sets a header, unless the call sets or removes it itself.
fn set_unless_own(
    api: &mut api::Client,
    options: &RequestOptions,
    name: HeaderName,
    value: HeaderValue,
) {
    if !options.headers.iter().any(|(own, _)| *own == name) {
        api.context_mut().set_header(name, Some(value));
    }
}

/// A failed attempt, which becomes a [`Failure`].
struct Failed<'a> {
    action: Action,
    http: &'a HttpClient,
    timeout: Option<Duration>,
    secret: Option<&'a Secret>,
    observed: Option<Observed>,
}

impl Failed<'_> {
    async fn explain(self, error: api::Error<()>) -> Failure {
        match error {
            api::Error::UnexpectedResponse(response) => self.status(response).await,
            api::Error::InvalidResponsePayload(body, cause) => self.decode(body, &cause),
            api::Error::CommunicationError(cause)
            | api::Error::ResponseBodyError(cause)
            | api::Error::InvalidUpgrade(cause) => self.not_answered(cause),
            api::Error::InvalidRequest(reason) | api::Error::Custom(reason) => {
                Failure::not_sent(Error::new(Kind::InvalidRequest, self.action, reason))
            }
            api::Error::ErrorResponse(response) => {
                let problem = Problem::without_body(response.status().as_u16(), response.headers());
                let reason = self.answered(response.status());
                let error = Error::from_response(self.action, reason, problem);
                Failure::answered(error, response.headers())
            }
        }
    }

    async fn status(self, mut response: reqwest::Response) -> Failure {
        let status = response.status();
        let mut headers = std::mem::take(response.headers_mut());
        if let Some(observed) = &self.observed
            && status.is_success()
        {
            headers = observed.headers.clone();
        }
        let body = read_beginning(response).await;
        let body = match self.secret {
            Some(secret) => secret.redact_cut(&body),
            None => body,
        };
        let mut reason = self.answered(status);
        if let Some(target) = redirect_target(status, &headers) {
            reason.push_str(&self.redact_text(target));
        }
        let problem = self.clean(Problem::read(status.as_u16(), &headers, body));
        let project_key = self.secret.is_some_and(Secret::is_project_key);
        let error = Error::from_response(self.action, reason, problem);
        Failure::answered(error.with_project_key(project_key), &headers)
    }

    fn decode(self, body: Bytes, cause: &serde_json::Error) -> Failure {
        let cause = self.redact(Bytes::from(cause.to_string()));
        let body = self.redact(body);
        let (status, headers) = match &self.observed {
            Some(seen) => (seen.status, seen.headers.clone()),
            None => (200, HeaderMap::new()),
        };
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
        reason.push_str(&self.http.forwarding_note());
        let problem = self.clean(Problem::read(status, &headers, body));
        Failure::answered(
            Error::new(Kind::Decode, self.action, reason).with_problem(problem),
            &headers,
        )
    }

    fn not_answered(self, cause: reqwest::Error) -> Failure {
        let SendFailure {
            kind,
            reason,
            sent,
            should_retry,
            cause,
        } = self.http.classify(cause, self.timeout);
        let error = self.without_body(kind, reason).with_source(cause);
        let error = error.with_should_retry(should_retry);
        match sent {
            Sent::Maybe if error.kind() != Kind::Certificate => Failure::unknown(error),
            _ => Failure::not_sent(error),
        }
    }

    fn contradicted(self, reason: String) -> Failure {
        let reason = self.redact_text(reason);
        Failure::unknown(self.without_body(Kind::Incomplete, reason))
    }

    /// The caller's HTTP client followed a redirect, so the response may be from another server.
    fn redirected(self) -> Failure {
        let reason = "the HTTP client followed a redirect, so the answer is from another URL";
        Failure::unknown(self.without_body(Kind::Redirect, reason.to_owned()))
    }

    /// Creates an error with the status and headers of a response whose body is not available.
    fn without_body(&self, kind: Kind, reason: String) -> Error {
        let error = Error::new(kind, self.action.clone(), reason);
        match &self.observed {
            Some(seen) => {
                let problem = Problem::without_body(seen.status, &seen.headers);
                error.with_problem(self.clean(problem))
            }
            None => error,
        }
    }

    fn answered(&self, status: StatusCode) -> String {
        format!("the API answered {status}{}", self.http.forwarding_note())
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

/// Reads the beginning of an error's body until the timeout. A partial body is still useful.
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

/// Describes the target of a redirect by its origin, because the rest may contain a secret.
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
