//! What a single call may wish for beside its arguments.

use std::fmt;
use std::time::Duration;

use http::header::AUTHORIZATION;
use http::{HeaderName, HeaderValue};
use secrecy::SecretString;

use crate::RetryPolicy;
use crate::key::Secret;

/// Wishes of a single call; what is not set is as the client has it.
///
/// ```
/// use std::time::Duration;
/// use permissions_ext::{CallOptions, RetryPolicy};
///
/// let options = CallOptions::new()
///     .header("openai-organization", "org-weather")
///     .timeout(Duration::from_secs(5))
///     .retry(RetryPolicy::none());
/// ```
///
/// A header or key that cannot be sent is reported by the call it was meant for.
#[derive(Clone, Default)]
#[must_use]
pub struct CallOptions(
    /// Most calls have no wishes, and are not to carry the room for them.
    Option<Box<Wishes>>,
);

/// What a call wishes for.
#[derive(Clone)]
pub(crate) struct Wishes {
    pub(crate) headers: Vec<(HeaderName, Option<HeaderValue>)>,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) deadline: Option<Duration>,
    pub(crate) retry: Option<RetryPolicy>,
    pub(crate) body_limit: Option<usize>,
    pub(crate) key: Option<Secret>,
    pub(crate) invalid: Option<String>,
}

impl Wishes {
    const NONE: Self = Self {
        headers: Vec::new(),
        query: Vec::new(),
        timeout: None,
        deadline: None,
        retry: None,
        body_limit: None,
        key: None,
        invalid: None,
    };
}

impl CallOptions {
    /// No wishes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sends a header, in place of any of the same name.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        match header(name, value) {
            Ok((name, value)) => {
                if name == AUTHORIZATION {
                    // Known, so that it can be blotted out.
                    self.wishes_mut().key = Secret::in_header(&value);
                }
                self.wishes_mut().headers.push((name, Some(value)));
            }
            Err(reason) => self.wishes_mut().invalid = Some(reason),
        }
        self
    }

    /// Sends the request without this header, whoever set it.
    pub fn remove_header(mut self, name: &str) -> Self {
        match HeaderName::try_from(name) {
            Ok(name) => self.wishes_mut().headers.push((name, None)),
            Err(_) => {
                self.wishes_mut().invalid = Some(format!("{name:?} is not the name of a header"))
            }
        }
        self
    }

    /// Adds a parameter to the query of the URL.
    pub fn query(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.wishes_mut().query.push((name.into(), value.into()));
        self
    }

    /// The longest that one attempt may take, from sending to the last byte of the answer.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.wishes_mut().timeout = Some(timeout);
        self
    }

    /// The longest that the call may take with all its attempts; for a stream, the listing as a whole.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.wishes_mut().deadline = Some(deadline);
        self
    }

    /// When and how soon a failed request is sent again.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.wishes_mut().retry = Some(policy);
        self
    }

    /// The most that is read of an answer, in bytes.
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.wishes_mut().body_limit = Some(bytes);
        self
    }

    /// The key of this call, in place of the client's.
    pub fn admin_key(mut self, key: impl Into<SecretString>) -> Self {
        match Secret::new(key.into()) {
            Ok(secret) => self.wishes_mut().key = Some(secret),
            Err(reason) => {
                self.wishes_mut().invalid = Some(format!("the admin key cannot be used: {reason}"))
            }
        }
        self
    }

    pub(crate) fn wishes(&self) -> &Wishes {
        static NONE: Wishes = Wishes::NONE;
        self.0.as_deref().unwrap_or(&NONE)
    }

    fn wishes_mut(&mut self) -> &mut Wishes {
        self.0.get_or_insert_with(|| Box::new(Wishes::NONE))
    }
}

/// Without the values of headers and query, which may hold secrets.
impl fmt::Debug for CallOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let wishes = self.wishes();
        f.debug_struct("CallOptions")
            .field(
                "headers",
                &wishes
                    .headers
                    .iter()
                    .map(|(name, _)| name)
                    .collect::<Vec<_>>(),
            )
            .field(
                "query",
                &wishes
                    .query
                    .iter()
                    .map(|(name, _)| name)
                    .collect::<Vec<_>>(),
            )
            .field("timeout", &wishes.timeout)
            .field("deadline", &wishes.deadline)
            .field("retry", &wishes.retry)
            .field("body_limit", &wishes.body_limit)
            .finish_non_exhaustive()
    }
}

/// A header that can be sent, or why it cannot.
pub(crate) fn header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), String> {
    let parsed =
        HeaderName::try_from(name).map_err(|_| format!("{name:?} is not the name of a header"))?;
    // The value stays out of the text: it may be a secret.
    let mut value = HeaderValue::try_from(value)
        .map_err(|_| format!("the value of header {parsed} cannot be sent"))?;
    value.set_sensitive(true);
    Ok((parsed, value))
}
