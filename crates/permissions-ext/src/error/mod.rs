//! The error type of every call.
//!
//! This module does not import the modules of the operations, because every operation imports this module.

mod certificate;
mod display;
mod kind;
mod remedy;
mod response;
mod text;

use std::any::Any;
use std::borrow::Cow;
use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;

pub(crate) use self::display::readable;
pub use self::kind::ErrorKind;
pub(crate) use self::response::ErrorResponse;
use self::text::shorten;
use crate::action::Action;
use crate::metadata::{Metadata, RateLimit};
use crate::model::{CheckpointId, InvalidId, Permission};

type BoxError = Box<dyn StdError + Send + Sync>;

/// Limit of the reason in bytes. A JSON error with its path fits into this limit. The limit is about a third of the
/// limit of `Display`, so that the text of `Display` also has room for the API's message.
const REASON: usize = 320;

/// An error of a call.
///
/// Use [`kind`](Self::kind) to decide how to handle it. The other methods return what the API responded.
///
/// `Display` writes one line of less than 1 KiB: the operation, the reason, the API's message and the request id.
/// `Debug`, which a failed `main` prints, adds causes, attempts and the [`remedy`](Self::remedy) on lines of their
/// own. Neither contains the admin key. `Clone` is cheap.
///
/// ```
/// use permissions_ext::ErrorKind;
///
/// # async fn run(permissions: permissions_ext::Permissions) {
/// match permissions.delete("cp_zc4Q7MP6XxulcVzj4MZdwsAB").send().await {
///     Ok(_) => println!("deleted"),
///     Err(error) if error.kind() == ErrorKind::NotFound => println!("no such permission"),
///     Err(error) => eprintln!("{error}"),
/// }
/// # }
/// ```
#[derive(Clone)]
pub struct Error(Arc<Inner>);

/// The parts of an error.
#[derive(Clone)]
pub(crate) struct Inner {
    kind: ErrorKind,
    action: Action,
    reason: String,
    response: Option<ErrorResponse>,
    source: Option<Arc<dyn StdError + Send + Sync>>,
    pub(crate) attempts: Vec<Attempt>,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) created: Vec<Permission>,
    /// Description of the key's source, such as `OPENAI_ADMIN_KEY`, if the API rejected the key.
    pub(crate) key_source: Option<Arc<str>>,
    pub(crate) is_project_key: bool,
    /// Whether the API may have processed the request or may still process it.
    pub(crate) is_ambiguous: bool,
    /// True if the call ends without another attempt, although other errors of this kind are retried.
    pub(crate) is_final: bool,
}

/// A failed attempt of a call.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Attempt {
    /// HTTP status, if a response arrived.
    pub status: Option<u16>,
    /// Request id from the response header `x-request-id`.
    pub request_id: Option<String>,
    /// Reason for the failure, without the API's message.
    pub reason: String,
    /// Time between sending the request and the failure.
    pub elapsed: Duration,
    /// Wait before the next attempt. `None` after the last one.
    pub delay: Option<Duration>,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, action: Action, reason: impl Into<String>) -> Self {
        Self(Arc::new(Inner {
            kind,
            action,
            reason: shorten(&reason.into(), REASON),
            response: None,
            source: None,
            attempts: Vec::new(),
            retry_after: None,
            created: Vec::new(),
            key_source: None,
            is_project_key: false,
            is_ambiguous: false,
            is_final: false,
        }))
    }

    pub(crate) fn config(reason: impl Into<String>) -> Self {
        Self::new(ErrorKind::Config, Action::Configure, reason)
    }

    /// Creates the error of a panic in a callback or a task.
    pub(crate) fn panicked(action: Action, what: &str, payload: &(dyn Any + Send)) -> Self {
        let message = payload
            .downcast_ref::<&str>()
            .copied()
            .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
            .unwrap_or("unknown reason");
        Self::new(
            ErrorKind::Panic,
            action,
            format!("{what} panicked: {message}"),
        )
    }

    /// Creates the error of a missing or unusable key.
    pub(crate) fn key(reason: impl Into<String>) -> Self {
        Self::new(ErrorKind::Key, Action::Configure, reason)
    }

    /// Creates the error of a response that is not the documented success. The status and the code of the response
    /// decide the kind.
    pub(crate) fn from_response(
        action: Action,
        reason: impl Into<String>,
        response: ErrorResponse,
    ) -> Self {
        let status = response.metadata.status().unwrap_or_default();
        let kind = ErrorKind::of_response(status, response.code.as_deref());
        Self::new(kind, action, reason).with_response(response)
    }

    /// Adds the cause. If the connection failed because a certificate was rejected, the kind becomes `Certificate`.
    pub(crate) fn with_source(self, source: impl Into<BoxError>) -> Self {
        let source: Arc<dyn StdError + Send + Sync> = Arc::from(source.into());
        self.with(|inner| {
            let is_lost = matches!(inner.kind, ErrorKind::Connect | ErrorKind::Transport);
            if is_lost && certificate::remedy(&*source).is_some() {
                inner.kind = ErrorKind::Certificate;
            }
            inner.source = Some(source);
        })
    }

    pub(crate) fn with_response(self, response: ErrorResponse) -> Self {
        self.with(|inner| inner.response = Some(response))
    }

    /// Changes the kind from timeout to deadline. Leaves other errors unchanged.
    pub(crate) fn at_deadline(self) -> Self {
        if self.0.kind != ErrorKind::Timeout {
            return self;
        }
        self.with(|inner| {
            inner.kind = ErrorKind::Deadline;
            inner.reason = "no complete response before the deadline of the call".to_owned();
        })
    }

    /// Replaces the operation in the error. A list within a create, for example, reports the create.
    pub(crate) fn during(self, action: Action) -> Self {
        self.with(|inner| inner.action = action)
    }

    pub(crate) fn action(&self) -> &Action {
        &self.0.action
    }

    pub(crate) fn reason(&self) -> &str {
        &self.0.reason
    }

    /// Returns whether the API itself reports that the permission does not exist.
    ///
    /// A gateway can also respond with 404, and the API responds with 404 for an unknown route.
    pub(crate) fn confirms_absence(&self) -> bool {
        let is_unknown_route = self.code() == Some("unknown_url")
            || self
                .message()
                .is_some_and(|message| message.starts_with("Invalid URL"));
        let has_error_type = self.response().is_some_and(|it| it.has_error_type);
        self.0.kind == ErrorKind::NotFound && has_error_type && !is_unknown_route
    }

    pub(crate) fn is_ambiguous(&self) -> bool {
        self.0.is_ambiguous
    }

    pub(crate) fn is_final(&self) -> bool {
        self.0.is_final
    }

    fn response(&self) -> Option<&ErrorResponse> {
        self.0.response.as_ref()
    }

    /// Changes parts of the error.
    pub(crate) fn with(mut self, change: impl FnOnce(&mut Inner)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }
}

impl Error {
    /// Returns the category of the error.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Returns whether the same call may succeed if it is sent again later, without a change.
    ///
    /// The client has already retried such errors as often as its [`RetryPolicy`](crate::RetryPolicy) allows. A
    /// response header `x-should-retry` overrides the kind.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        let by_header = self.response().and_then(ErrorResponse::should_retry);
        match self.0.kind {
            ErrorKind::Connect | ErrorKind::Transport => true,
            ErrorKind::Timeout if self.status().is_none() => true,
            ErrorKind::RateLimited | ErrorKind::Server | ErrorKind::Timeout => {
                by_header.unwrap_or(true)
            }
            ErrorKind::Conflict => by_header.unwrap_or(self.status() == Some(409)),
            ErrorKind::InvalidRequest
            | ErrorKind::Unauthorized
            | ErrorKind::PermissionDenied
            | ErrorKind::NotFound
            | ErrorKind::UnexpectedStatus
            | ErrorKind::Redirect => by_header.unwrap_or(false),
            _ => false,
        }
    }

    /// Returns the HTTP status, if a response arrived.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.metadata()?.status()
    }

    /// Returns the API's error code, such as `invalid_api_key`. A number is returned as text.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.response()?.code.as_deref()
    }

    /// Returns the API's error type, such as `invalid_request_error`.
    #[must_use]
    pub fn type_(&self) -> Option<&str> {
        self.response()?.type_.as_deref()
    }

    /// Returns the name of the invalid parameter, such as `after`.
    #[must_use]
    pub fn param(&self) -> Option<&str> {
        self.response()?.param.as_deref()
    }

    /// Returns the API's message as received, control characters included. If the body is not an error object, returns
    /// the title of the HTML page or the first 200 characters of the body.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        self.response()?.message.as_deref()
    }

    /// Returns the request id from the response header `x-request-id`. OpenAI's support asks for it.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.metadata()?.request_id()
    }

    /// Returns the first 64 KiB of the response body. Secrets that the client sent are replaced.
    #[must_use]
    pub fn body(&self) -> Option<&[u8]> {
        self.response()?.body.as_deref()
    }

    /// Returns the wait that the API asked for.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// Returns the rate limit from the response headers `x-ratelimit-*`.
    #[must_use]
    pub fn rate_limit(&self) -> Option<RateLimit> {
        self.metadata()?.rate_limit()
    }

    /// Returns status and headers of the response, if one arrived.
    #[must_use]
    pub fn metadata(&self) -> Option<&Metadata> {
        Some(&self.response()?.metadata)
    }

    /// Returns every attempt in order. Empty if nothing was sent.
    #[must_use]
    pub fn attempts(&self) -> &[Attempt] {
        &self.0.attempts
    }

    /// Returns what to do about the error, as an imperative without a full stop.
    #[must_use]
    pub fn remedy(&self) -> Option<Cow<'_, str>> {
        remedy::of(self)
    }

    /// Returns the checkpoint of the call.
    #[must_use]
    pub fn checkpoint(&self) -> Option<&CheckpointId> {
        self.0.action.checkpoint()
    }

    /// Returns the permissions that exist although `create` failed: those created before the failure, and those that
    /// were found while the client checked the result of a failed request.
    #[must_use]
    pub fn created(&self) -> &[Permission] {
        &self.0.created
    }
}

impl From<InvalidId> for Error {
    fn from(invalid: InvalidId) -> Self {
        Self::new(ErrorKind::InvalidId, Action::ParseId, invalid.to_string())
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}
