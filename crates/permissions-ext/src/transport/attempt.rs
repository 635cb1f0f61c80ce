use std::pin::pin;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{AUTHORIZATION, CONTENT_ENCODING, HeaderName, HeaderValue, LOCATION};
use http::{HeaderMap, StatusCode};
use permissions_api as api;
use permissions_api::hooks::{BoxError, CallContext, Observed};

use super::{Failure, Operation, Reply, Timer, Transport};
use crate::action::Action;
use crate::error::{Error, Kind, Problem};
use crate::key::{Key, Secret};
use crate::metadata::Metadata;
use crate::options::RequestOptions;

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
        options: &RequestOptions,
        failures: u32,
        timeout: Duration,
        timer: &mut Timer,
    ) -> Result<Reply<O::Output>, Failure> {
        timer.start(timeout);
        let fresh = match (&options.key, &self.key) {
            (Some(own), _) => Some(own.clone()),
            (None, Key::Provider(_)) => {
                Box::pin(self.fresh_key(&operation.action(), timeout, timer)).await?
            }
            (None, Key::Fixed(_) | Key::Absent) => None,
        };
        let api = self
            .api
            .with_context(self.context(options, failures, fresh.as_ref()));
        let sent = timer.limit(pin!(operation.send(&api))).await;
        let secret = fresh.as_ref().or(self.key.fixed());
        let sent = match sent {
            Some(Ok(response)) => match operation.check(&response) {
                Ok(()) => {
                    return Ok(Reply {
                        value: response.into_inner(),
                        metadata: Metadata::new(api.inner().take_observed(), failures, secret),
                    });
                }
                Err(reason) => Sent::Contradicted(reason),
            },
            Some(Err(error)) => Sent::Failed(error),
            None => Sent::Late,
        };
        let failed = Failed {
            action: operation.action(),
            base_url: api.baseurl(),
            secret,
            observed: api.inner().take_observed(),
        };
        if let Some(cause) = api.inner().take_failure() {
            return Err(failed.broken(cause.into()));
        }
        Err(match sent {
            // In a box, as every call would carry the room for it otherwise.
            Sent::Failed(error) => Box::pin(failed.explain(error, timer)).await,
            Sent::Contradicted(reason) => failed.contradicted(reason),
            Sent::Late => failed.late(format!("no complete answer within {timeout:?}")),
        })
    }

    async fn fresh_key(
        &self,
        action: &Action,
        timeout: Duration,
        timer: &mut Timer,
    ) -> Result<Option<Secret>, Failure> {
        let key = timer
            .limit(pin!(self.key.fresh(action)))
            .await
            .unwrap_or_else(|| {
                Err(Error::new(
                    Kind::Key,
                    action.clone(),
                    format!("the key provider gave no key within {timeout:?}"),
                ))
            });
        key.map_err(Failure::not_sent)
    }

    fn context(&self, options: &RequestOptions, failures: u32, fresh: Option<&Secret>) -> CallContext {
        let limit = options.body_limit.unwrap_or(self.body_limit);
        let mut context = CallContext::with_headers(self.headers.clone())
            .observe()
            .body_limit(limit);
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

/// What came of a request that was not answered as it should be.
enum Sent {
    Failed(api::Error<()>),
    /// Answered with success, by an answer that says something else.
    Contradicted(String),
    Late,
}

/// A failed attempt on its way to a [`Failure`].
struct Failed<'a> {
    action: Action,
    base_url: &'a str,
    secret: Option<&'a Secret>,
    observed: Option<Observed>,
}

impl Failed<'_> {
    async fn explain(self, error: api::Error<()>, timer: &mut Timer) -> Failure {
        match error {
            api::Error::UnexpectedResponse(response) => self.status(response, timer).await,
            api::Error::InvalidResponsePayload(body, cause) => self.decode(body, &cause),
            api::Error::CommunicationError(cause) | api::Error::ResponseBodyError(cause) => {
                self.broken(cause.into())
            }
            api::Error::InvalidUpgrade(cause) => self.broken(cause.into()),
            api::Error::InvalidRequest(reason) | api::Error::Custom(reason) => {
                Failure::not_sent(Error::new(Kind::InvalidRequest, self.action, reason))
            }
            api::Error::ErrorResponse(response) => {
                let problem = Problem::without_body(response.status().as_u16(), response.headers());
                let reason = answered(response.status());
                let error = Error::from_response(self.action, reason, problem);
                Failure::answered(error, response.headers())
            }
        }
    }

    async fn status(self, mut response: reqwest::Response, timer: &mut Timer) -> Failure {
        let status = response.status();
        let headers = std::mem::take(response.headers_mut());
        let mut body = BytesMut::new();
        // As much as comes in time says why.
        timer.limit(pin!(read_beginning(response, &mut body))).await;
        let body = body.freeze();
        let body = match self.secret {
            Some(secret) => secret.redact_cut(&body),
            None => body,
        };
        let mut reason = answered(status);
        if let Some(target) = redirect_target(status, &headers) {
            reason.push_str(&self.redact_text(target));
        }
        let problem = self.clean(Problem::read(status.as_u16(), &headers, body));
        let project_key = self.secret.is_some_and(Secret::is_project_key);
        Failure::answered(
            Error::from_response(self.action, reason, problem).with_project_key(project_key),
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

    fn broken(self, broken: Broken) -> Failure {
        let Broken { phase, cause } = broken;
        let (kind, reason) = match phase {
            Phase::Making => {
                let error = Error::new(
                    Kind::InvalidRequest,
                    self.action,
                    "the request cannot be built",
                );
                return Failure::not_sent(error.with_source(cause));
            }
            Phase::Connecting => {
                let reason = format!("no connection to the API at {}", origin(self.base_url));
                let error = self.without_answer(Kind::Connect, reason);
                return Failure::not_sent(error.with_source(cause));
            }
            // A client of one's own has time-outs of its own.
            Phase::Waiting => (
                Kind::Timeout,
                "no complete answer in the time that the HTTP client allows",
            ),
            Phase::Answering if is_too_large(&*cause) => (
                Kind::BodyTooLarge,
                "the answer is larger than the limit for bodies",
            ),
            Phase::Answering => (
                Kind::Transport,
                "the connection broke before the answer was complete",
            ),
        };
        let error = self.without_answer(kind, reason.to_owned());
        let error = error.with_source(cause);
        if error.kind() == Kind::Certificate {
            Failure::not_sent(error)
        } else {
            Failure::unknown(error)
        }
    }

    fn contradicted(self, reason: String) -> Failure {
        let reason = self.redact_text(reason);
        Failure::unknown(self.without_answer(Kind::Incomplete, reason))
    }

    fn late(self, reason: String) -> Failure {
        Failure::unknown(self.without_answer(Kind::Timeout, reason))
    }

    /// An error with what was seen of a response whose body is lost.
    fn without_answer(&self, kind: Kind, reason: String) -> Error {
        let error = Error::new(kind, self.action.clone(), reason);
        match &self.observed {
            Some(seen) => {
                let problem = Problem::without_body(seen.status, &seen.headers);
                error.with_problem(self.clean(problem))
            }
            None => error,
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

/// Why there is no answer, or no whole one.
struct Broken {
    phase: Phase,
    cause: BoxError,
}

/// How far a request has come.
enum Phase {
    Making,
    Connecting,
    Waiting,
    Answering,
}

impl From<reqwest::Error> for Broken {
    fn from(cause: reqwest::Error) -> Self {
        // The URL holds ids, and whatever a caller put into its query.
        let cause = cause.without_url();
        let phase = if cause.is_builder() {
            Phase::Making
        } else if cause.is_connect() {
            Phase::Connecting
        } else if cause.is_timeout() {
            Phase::Waiting
        } else {
            Phase::Answering
        };
        Self {
            phase,
            cause: cause.into(),
        }
    }
}

impl From<BoxError> for Broken {
    fn from(cause: BoxError) -> Self {
        let hyper = cause.downcast_ref::<hyper_util::client::legacy::Error>();
        let phase = if hyper.is_some_and(|error| error.is_connect()) {
            Phase::Connecting
        } else {
            Phase::Answering
        };
        Self { phase, cause }
    }
}

fn answered(status: StatusCode) -> String {
    format!("the API answered {status}")
}

/// As much of a body as says why; what cannot be read any more is not missed.
async fn read_beginning(mut response: reqwest::Response, body: &mut BytesMut) {
    while body.len() < ERROR_BODY {
        match response.chunk().await {
            Ok(Some(chunk)) => {
                body.extend_from_slice(&chunk[..chunk.len().min(ERROR_BODY - body.len())])
            }
            Ok(None) | Err(_) => break,
        }
    }
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

/// Scheme, host and port: a base URL holds no secret, and its path plays no part in a connection.
fn origin(base_url: &str) -> String {
    url::Url::parse(base_url).map_or_else(
        |_| base_url.to_owned(),
        |url| url.origin().ascii_serialization(),
    )
}

fn is_too_large(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut source = error.source();
    while let Some(cause) = source {
        if cause.is::<http_body_util::LengthLimitError>() {
            return true;
        }
        source = cause.source();
    }
    false
}
