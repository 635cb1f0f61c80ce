//! Options of a single request. They override the client's settings.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::header::AUTHORIZATION;
use http::{HeaderName, HeaderValue};
use secrecy::SecretString;

use crate::action::Action;
use crate::error::{Error, ErrorKind};
use crate::key::authorization;
use crate::model::InvalidId;
use crate::progress::BulkProgress;
use crate::retry_policy::RetryPolicy;
use crate::transport::Deadline;

pub(crate) const ORGANIZATION: HeaderName = HeaderName::from_static("openai-organization");
pub(crate) const PROJECT: HeaderName = HeaderName::from_static("openai-project");

/// The options of a request.
#[derive(Clone, Default)]
pub(crate) struct RequestOptions {
    /// Headers to set, or to remove if there is no value. If several entries have the same name, the last entry
    /// applies.
    pub(crate) headers: Vec<(HeaderName, Option<HeaderValue>)>,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) deadline: Option<Duration>,
    pub(crate) retry: Option<RetryPolicy>,
    pub(crate) body_limit: Option<usize>,
    /// The bulk call that the request is part of.
    pub(crate) bulk: Option<Arc<BulkProgress>>,
    /// The error about the first invalid argument. The call fails with this error before anything is sent.
    pub(crate) invalid: Option<Error>,
}

impl RequestOptions {
    /// Keeps the error about the first invalid argument for [`check`](Self::check).
    pub(crate) fn reject(&mut self, error: impl Into<Error>) {
        self.invalid.get_or_insert(error.into());
    }

    /// Converts an argument into an id. If the argument is invalid, keeps the error for [`check`](Self::check) and
    /// returns `None`.
    pub(crate) fn id<T>(&mut self, id: impl TryInto<T, Error: Into<InvalidId>>) -> Option<T> {
        let converted = id.try_into().map_err(Into::into);
        converted.map_err(|invalid| self.reject(invalid)).ok()
    }

    /// Returns the options of a request that is part of a call, with the remaining time of the call as the deadline.
    pub(crate) fn within(&self, deadline: Deadline) -> Self {
        Self {
            deadline: deadline.left(),
            ..self.clone()
        }
    }

    /// Fails with the error about the first invalid argument. The error contains the given operation.
    pub(crate) fn check(&self, action: impl FnOnce() -> Action) -> Result<(), Error> {
        match &self.invalid {
            Some(error) => Err(error.clone().during(action())),
            None => Ok(()),
        }
    }

    /// Returns the header that the request sets or removes. `None` if the client's header applies.
    pub(crate) fn header(&self, name: &HeaderName) -> Option<Option<&HeaderValue>> {
        let own = self.headers.iter().rfind(|(own, _)| own == name);
        own.map(|(_, value)| value.as_ref())
    }

    pub(crate) fn set_header(&mut self, name: &str, value: &str) {
        match header(name, value) {
            Ok((name, value)) => self.headers.push((name, Some(value))),
            Err(reason) => self.reject(invalid(reason)),
        }
    }

    pub(crate) fn remove_header(&mut self, name: &str) {
        match header_name(name) {
            Ok(name) => self.headers.push((name, None)),
            Err(reason) => self.reject(invalid(reason)),
        }
    }

    pub(crate) fn set_admin_key(&mut self, key: &SecretString) {
        match authorization(key) {
            Ok(value) => self.headers.push((AUTHORIZATION, Some(value))),
            Err(reason) => self.reject(Error::new(
                ErrorKind::Key,
                Action::Configure,
                format!("the key passed to `admin_key` is unusable: {reason}"),
            )),
        }
    }
}

fn invalid(reason: String) -> Error {
    Error::new(ErrorKind::InvalidRequest, Action::Configure, reason)
}

/// Omits all options. Even the name of a header may be a secret, if the arguments of `header` were swapped.
impl fmt::Debug for RequestOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestOptions").finish_non_exhaustive()
    }
}

/// Parses a header. The error does not contain the value.
pub(crate) fn header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), String> {
    let name = header_name(name)?;
    let mut value = HeaderValue::try_from(value)
        .map_err(|_| format!("the value of header {name} contains a control character"))?;
    value.set_sensitive(true);
    Ok((name, value))
}

/// Parses the name of a header. The error does not contain the name, which is a secret value if the arguments were
/// swapped.
fn header_name(name: &str) -> Result<HeaderName, String> {
    HeaderName::try_from(name).map_err(|_| {
        format!(
            "invalid header name of {} bytes, not shown because it may be a secret: \
             `header` expects the name first and then the value",
            name.len()
        )
    })
}

/// Adds the methods that set the options of a request.
macro_rules! request_options {
    ($request:ty $(, $item:ident: $bound:path)?) => {
        impl $(<$item: $bound>)? $request {
            /// Sets the timeout of one attempt, from sending the request to the last byte of the response.
            pub fn timeout(mut self, timeout: std::time::Duration) -> Self {
                self.options.timeout = Some(timeout);
                self
            }

            /// Sets the deadline of the call, with all attempts, pages and waits.
            ///
            /// A call is one `send`, one `all`, one [`Page::next`](crate::Page::next), or one whole stream. The
            /// deadline starts when the call is first polled. The deadline of a stream includes the time that the caller
            /// spends between items.
            pub fn deadline(mut self, deadline: std::time::Duration) -> Self {
                self.options.deadline = Some(deadline);
                self
            }

            /// Sets when and how often failed attempts are retried.
            pub fn retry(mut self, policy: crate::RetryPolicy) -> Self {
                self.options.retry = Some(policy);
                self
            }

            /// Sets a header and replaces a header with the same name. If the header is invalid, the call fails.
            pub fn header(mut self, name: &str, value: &str) -> Self {
                self.options.set_header(name, value);
                self
            }

            /// Removes a header that the client would send.
            pub fn remove_header(mut self, name: &str) -> Self {
                self.options.remove_header(name);
                self
            }

            /// Adds a query parameter to the URL.
            pub fn query(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
                self.options.query.push((name.into(), value.into()));
                self
            }

            /// Sets the admin key, which replaces the client's key. If the key is invalid, the call fails.
            pub fn admin_key(mut self, key: impl Into<crate::SecretString>) -> Self {
                self.options.set_admin_key(&key.into());
                self
            }

            /// Sets the size limit of a response body, in bytes.
            pub fn body_limit(mut self, bytes: usize) -> Self {
                self.options.body_limit = Some(bytes);
                self
            }
        }
    };
}

pub(crate) use request_options;
