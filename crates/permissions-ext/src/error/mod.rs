//! One opaque error for everything that can go wrong.

mod certificate;
mod display;
mod problem;
mod remedy;
mod serialize;

use std::time::Duration;

use bytes::Bytes;

pub(crate) use self::problem::Problem;
use crate::CheckpointId;
use crate::action::Action;
use crate::create::Created;
use crate::metadata::RateLimit;
use crate::transport::Attempt;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Why a call did not do what it was asked to.
///
/// Ask it what to do next with the `is_…` predicates; the accessors give what the API said. Its text names what
/// failed, why, and the remedy where one is known, and never shows the key. `Display` gives it on one line; `Debug`, which
/// a failed `main` prints, with causes and attempts on lines of their own.
///
/// ```
/// # async fn run(permissions: permissions_ext::Permissions, id: permissions_ext::PermissionId) {
/// match permissions.delete(&id).send().await {
///     Ok(_) => println!("gone"),
///     Err(error) if error.is_not_found() => println!("there was none"),
///     Err(error) => eprintln!("{error}"),
/// }
/// # }
/// ```
pub struct Error(Box<Inner>);

struct Inner {
    kind: Kind,
    action: Action,
    reason: String,
    problem: Option<Problem>,
    source: Option<BoxError>,
    attempts: Vec<Attempt>,
    retry_after: Option<Duration>,
    created: Option<Created>,
    project_key: bool,
}

/// What class of failure it is; the predicates of [`Error`] are the public view of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A setting, before anything was sent.
    Config,
    /// An argument, before anything was sent.
    InvalidRequest,
    /// The key provider.
    KeyProvider,
    /// No connection.
    Connect,
    /// A proxy refused a connection, or requires credentials.
    Proxy,
    /// The caller's HTTP client followed a redirect.
    Redirect,
    /// One attempt took too long.
    Timeout,
    /// The whole call took too long.
    Deadline,
    /// The connection broke.
    Transport,
    /// A status other than 200.
    Status,
    /// Status 200 with a body that is not the documented one.
    Decode,
    /// A body beyond the limit.
    BodyTooLarge,
    /// Pages that contradict themselves.
    Pagination,
    /// An answer that does not cover what was asked for.
    Incomplete,
    /// A plan that does what was not allowed.
    NotAllowed,
    /// A plan made from a state that is no more.
    StalePlan,
    /// A thread that may not wait.
    #[cfg(feature = "blocking")]
    WouldBlock,
}

impl Error {
    pub(crate) fn new(kind: Kind, action: Action, reason: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            action,
            reason: reason.into(),
            problem: None,
            source: None,
            attempts: Vec::new(),
            retry_after: None,
            created: None,
            project_key: false,
        }))
    }

    pub(crate) fn config(reason: impl Into<String>) -> Self {
        Self::new(Kind::Config, Action::Configure, reason)
    }

    pub(crate) fn with_source(mut self, source: impl Into<BoxError>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    pub(crate) fn with_problem(mut self, problem: Problem) -> Self {
        self.0.problem = Some(problem);
        self
    }

    pub(crate) fn with_attempts(mut self, attempts: Vec<Attempt>) -> Self {
        self.0.attempts = attempts;
        self
    }

    pub(crate) fn with_retry_after(mut self, retry_after: Option<Duration>) -> Self {
        self.0.retry_after = retry_after;
        self
    }

    pub(crate) fn with_created(mut self, created: Created) -> Self {
        self.0.created = Some(created);
        self
    }

    /// The same error as part of another call.
    /// A time-out that is the deadline's; any other error as it is.
    pub(crate) fn at_deadline(mut self) -> Self {
        if self.0.kind == Kind::Timeout {
            self.0.kind = Kind::Deadline;
            self.0.reason = "no complete answer before the deadline of the call".to_owned();
        }
        self
    }

    pub(crate) fn during(mut self, action: Action) -> Self {
        self.0.action = action;
        self
    }

    /// The key looks like a project key, which is worth a word where the API refuses it.
    pub(crate) fn with_project_key(mut self, project_key: bool) -> Self {
        self.0.project_key = project_key;
        self
    }

    pub(crate) fn action(&self) -> &Action {
        &self.0.action
    }

    pub(crate) fn reason(&self) -> &str {
        &self.0.reason
    }

    pub(crate) fn kind(&self) -> Kind {
        self.0.kind
    }
}

/// What the API said.
impl Error {
    /// The HTTP status, where a response arrived.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.0.problem.as_ref().map(|problem| problem.status)
    }

    /// The API's code for the problem, such as `invalid_api_key`; a code sent as a number is given as text.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.0.problem.as_ref()?.code.as_deref()
    }

    /// The API's type of the problem, such as `invalid_request_error`.
    #[must_use]
    pub fn type_(&self) -> Option<&str> {
        self.0.problem.as_ref()?.type_.as_deref()
    }

    /// The parameter at fault, such as `after`.
    #[must_use]
    pub fn param(&self) -> Option<&str> {
        self.0.problem.as_ref()?.param.as_deref()
    }

    /// What the API said in words; where its answer was not the documented JSON, the text of the answer.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        self.0.problem.as_ref()?.message.as_deref()
    }

    /// The id under which the API's operators find the request.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.0.problem.as_ref()?.request_id.as_deref()
    }

    /// The body of the response, up to its first 64 KiB, with the key blotted out should it occur.
    #[must_use]
    pub fn body(&self) -> Option<&[u8]> {
        self.0.problem.as_ref()?.body.as_deref()
    }

    /// How long the API asked to wait before trying again.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// The rate limit in force, where the response told it.
    #[must_use]
    pub fn rate_limit(&self) -> Option<&RateLimit> {
        self.0.problem.as_ref()?.rate_limit.as_ref()
    }

    /// Every attempt that was made, in order; empty where nothing was sent.
    #[must_use]
    pub fn attempts(&self) -> &[Attempt] {
        &self.0.attempts
    }

    /// The checkpoint that the call was about.
    #[must_use]
    pub fn checkpoint(&self) -> Option<&CheckpointId> {
        self.0.action.checkpoint()
    }

    /// What a failed `create` had settled before it failed: these permissions are in place.
    #[must_use]
    pub fn created(&self) -> Option<&Created> {
        self.0.created.as_ref()
    }
}

/// What kind of failure it is.
impl Error {
    /// A setting is missing or wrong: nothing was sent. The text names it.
    #[must_use]
    pub fn is_config(&self) -> bool {
        matches!(self.0.kind, Kind::Config | Kind::KeyProvider)
    }

    /// An argument was refused before anything was sent, or by the API with status 400 or 422.
    #[must_use]
    pub fn is_invalid_request(&self) -> bool {
        self.0.kind == Kind::InvalidRequest
            || self.has_status(|status| status == 400 || status == 422)
    }

    /// The API does not know the key: status 401.
    #[must_use]
    pub fn is_unauthorized(&self) -> bool {
        self.has_status(|status| status == 401)
    }

    /// The key may not do this, most often because it is not an admin key: status 403.
    #[must_use]
    pub fn is_permission_denied(&self) -> bool {
        self.has_status(|status| status == 403)
    }

    /// There is no such checkpoint or permission: status 404.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.has_status(|status| status == 404)
    }

    /// The API itself says that there is no such permission. Anything on the way there can answer 404 too, but not in the
    /// API's words; and the API does so as well where it has no such route.
    pub(crate) fn tells_of_none(&self) -> bool {
        let no_route = self.code() == Some("unknown_url")
            || self
                .message()
                .is_some_and(|text| text.starts_with("Invalid URL"));
        let problem = self.0.problem.as_ref();
        self.is_not_found() && !no_route && problem.is_some_and(|problem| problem.is_the_apis)
    }

    /// Something else changed at the same time: status 409.
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        self.has_status(|status| status == 409)
    }

    /// Too many requests: status 429. [`retry_after`](Self::retry_after) may tell how long to wait.
    #[must_use]
    pub fn is_rate_limited(&self) -> bool {
        self.has_status(|status| status == 429) && !self.is_quota_exceeded()
    }

    /// The organisation has no quota left, which waiting does not change: code `insufficient_quota`.
    #[must_use]
    pub fn is_quota_exceeded(&self) -> bool {
        self.code() == Some(problem::INSUFFICIENT_QUOTA)
    }

    /// The API failed: status 500 and above.
    #[must_use]
    pub fn is_server_error(&self) -> bool {
        self.has_status(|status| status >= 500)
    }

    /// The answer was a redirect, which is never followed: the key would travel to another place.
    #[must_use]
    pub fn is_redirect(&self) -> bool {
        self.has_status(|status| (300..400).contains(&status))
    }

    /// No connection could be made; nothing was sent.
    #[must_use]
    pub fn is_connect(&self) -> bool {
        self.0.kind == Kind::Connect
    }

    /// A certificate was refused, the server's here or the client's there; nothing was done, and trying again does not
    /// help. With the system's TLS (feature `native-tls`) this is never true, and the text alone tells.
    #[must_use]
    pub fn is_certificate(&self) -> bool {
        certificate::remedy(self).is_some()
    }

    /// An attempt, or the call as a whole, took longer than it may.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        matches!(self.0.kind, Kind::Timeout | Kind::Deadline)
    }

    /// The connection broke before the answer was complete.
    #[must_use]
    pub fn is_transport(&self) -> bool {
        self.0.kind == Kind::Transport
    }

    /// The answer had status 200 and a body that is not the documented one.
    #[must_use]
    pub fn is_decode(&self) -> bool {
        self.0.kind == Kind::Decode
    }

    /// The answer was larger than the limit set for bodies.
    #[must_use]
    pub fn is_body_too_large(&self) -> bool {
        self.0.kind == Kind::BodyTooLarge
    }

    /// The pages of a list contradict themselves: a cursor came back, or there is more and no cursor to it.
    #[must_use]
    pub fn is_pagination(&self) -> bool {
        self.0.kind == Kind::Pagination
    }

    /// The API's answer to a write does not say that all of it was done.
    #[must_use]
    pub fn is_incomplete(&self) -> bool {
        self.0.kind == Kind::Incomplete
    }

    /// A plan deletes, or leaves a checkpoint without any access, and that was not allowed. Nothing was changed.
    #[must_use]
    pub fn is_not_allowed(&self) -> bool {
        self.0.kind == Kind::NotAllowed
    }

    /// The live state is no longer the one that a plan was made from. Nothing was changed.
    #[must_use]
    pub fn is_stale_plan(&self) -> bool {
        self.0.kind == Kind::StalePlan
    }

    /// The blocking client was called from an asynchronous task, which it would have held up. Nothing was sent.
    #[cfg(feature = "blocking")]
    #[must_use]
    pub fn is_would_block(&self) -> bool {
        self.0.kind == Kind::WouldBlock
    }

    fn has_status(&self, test: impl FnOnce(u16) -> bool) -> bool {
        self.0.kind == Kind::Status && self.status().is_some_and(test)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

/// The first bytes of a body that an error keeps.
pub(crate) fn capped(body: &Bytes) -> Bytes {
    body.slice(..body.len().min(problem::KEPT_BODY))
}
