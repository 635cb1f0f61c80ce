use std::fmt;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Request, Response};

use super::BoxError;

/// The largest response body, in bytes, that is read unless a call says otherwise: 32 MiB.
pub const DEFAULT_BODY_LIMIT: usize = 32 << 20;

/// What one call adds to its request, and what it learned of the response.
///
/// It belongs to the [`Client`](crate::Client) it is given to; a call with wishes of its own gets a client of its own
/// by [`Client::with_context`](crate::Client::with_context).
///
/// ```no_run
/// use std::time::Duration;
/// use permissions_api::{Client, hooks::CallContext};
///
/// let http = reqwest::Client::new();
/// let context = CallContext::new()
///     .header("openai-organization".parse().unwrap(), "org-1".parse().unwrap())
///     .timeout(Duration::from_secs(10))
///     .body_limit(1 << 20);
/// let client = Client::new_with_client("https://api.openai.com/v1", http, context);
/// ```
///
/// Its `Debug` shows the names of headers and query parameters, never a value.
#[derive(Clone, Default)]
pub struct CallContext {
    shared: Arc<HeaderMap>,
    headers: Vec<(HeaderName, HeaderValue)>,
    removed: Vec<HeaderName>,
    query: Vec<(String, String)>,
    timeout: Option<Duration>,
    body_limit: Option<usize>,
    seen: Option<Arc<Mutex<Seen>>>,
}

/// What became of the last request.
#[derive(Default)]
struct Seen {
    response: Option<Observed>,
    failure: Option<BoxError>,
}

/// The part of a response that was seen before its body was read.
///
/// Its `Debug` shows the names of headers, never a value: cookies are secrets.
#[derive(Clone)]
#[non_exhaustive]
pub struct Observed {
    /// The status code.
    pub status: u16,
    /// The headers as received.
    pub headers: HeaderMap,
    /// When they were received.
    pub received: Instant,
}

impl CallContext {
    /// A context that asks for nothing: no header, no time-out, [`DEFAULT_BODY_LIMIT`].
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts from headers that many calls share, without copying them.
    #[must_use]
    pub fn with_headers(headers: Arc<HeaderMap>) -> Self {
        Self {
            shared: headers,
            ..Self::default()
        }
    }

    /// Sets a header, in place of any of the same name.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Sends the request without this header, whoever set it.
    #[must_use]
    pub fn remove_header(mut self, name: HeaderName) -> Self {
        self.removed.push(name);
        self
    }

    /// Adds a parameter to the query of the URL.
    #[must_use]
    pub fn query(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.query.push((name.into(), value.into()));
        self
    }

    /// Ends the call when this much time has passed from sending to the last byte of the body.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Reads at most this many bytes of a body; a longer one is an error.
    #[must_use]
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = Some(bytes);
        self
    }

    /// Keeps what becomes of a request for [`take_observed`](Self::take_observed) and
    /// [`take_failure`](Self::take_failure).
    ///
    /// The headers of a successful answer are moved there, so that they are gone from its
    /// [`ResponseValue`](crate::ResponseValue).
    #[must_use]
    pub fn observe(mut self) -> Self {
        self.seen = Some(Arc::default());
        self
    }

    /// Takes out the status and the headers of the last response, which are there also where its body could not be read
    /// or decoded; none without [`observe`](Self::observe).
    #[must_use]
    pub fn take_observed(&self) -> Option<Observed> {
        self.look()?.response.take()
    }

    /// Takes out why the last request was not answered, where a [`Transport`](super::Transport) that is no
    /// [`reqwest::Client`] said so; none without [`observe`](Self::observe).
    #[must_use]
    pub fn take_failure(&self) -> Option<BoxError> {
        self.look()?.failure.take()
    }

    /// The most bytes of a body that this call reads.
    #[must_use]
    pub fn limit(&self) -> usize {
        self.body_limit.unwrap_or(DEFAULT_BODY_LIMIT)
    }

    /// How many headers a request gets, or fewer.
    pub(super) fn header_count(&self) -> usize {
        self.shared.len() + self.headers.len()
    }

    /// Gives a request what the call wishes for.
    pub(super) fn apply(&self, request: &mut Request) {
        let headers = request.headers_mut();
        let own = self.headers.iter().map(|(name, value)| (name, value));
        for (name, value) in self.shared.iter().chain(own) {
            headers.insert(name, value.clone());
        }
        for name in &self.removed {
            headers.remove(name);
        }
        if !self.query.is_empty() {
            request
                .url_mut()
                .query_pairs_mut()
                .extend_pairs(&self.query);
        }
        if self.timeout.is_some() {
            *request.timeout_mut() = self.timeout;
        }
    }

    pub(super) fn seen(&self, response: &mut Response) {
        let Some(mut seen) = self.look() else {
            return;
        };
        let status = response.status();
        let headers = if status.is_success() {
            mem::take(response.headers_mut())
        } else {
            response.headers().clone()
        };
        seen.response = Some(Observed {
            status: status.as_u16(),
            headers,
            received: Instant::now(),
        });
    }

    pub(super) fn failed(&self, failure: BoxError) {
        if let Some(mut seen) = self.look() {
            seen.failure = Some(failure);
        }
    }

    fn look(&self) -> Option<MutexGuard<'_, Seen>> {
        let seen = self.seen.as_ref()?;
        Some(seen.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn header_names(&self) -> impl Iterator<Item = &HeaderName> {
        self.shared
            .keys()
            .chain(self.headers.iter().map(|(name, _)| name))
    }
}

impl crate::Client {
    /// The same client for a call with other wishes; it costs next to nothing.
    #[must_use]
    pub fn with_context(&self, context: CallContext) -> Self {
        Self {
            urls: self.urls.clone(),
            transport: self.transport.clone(),
            inner: context,
        }
    }
}

impl fmt::Debug for Observed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observed")
            .field("status", &self.status)
            .field("headers", &self.headers.keys().collect::<Vec<_>>())
            .finish()
    }
}

impl fmt::Debug for CallContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallContext")
            .field("headers", &self.header_names().collect::<Vec<_>>())
            .field("removed", &self.removed)
            .field(
                "query",
                &self.query.iter().map(|(name, _)| name).collect::<Vec<_>>(),
            )
            .field("timeout", &self.timeout)
            .field("body_limit", &self.body_limit)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_which_headers_there_were_and_no_value() {
        let cookie = (
            HeaderName::from_static("set-cookie"),
            HeaderValue::from_static("session=secret"),
        );
        let context = CallContext::new().header(cookie.0.clone(), cookie.1.clone());
        let observed = Observed {
            status: 200,
            headers: HeaderMap::from_iter([cookie]),
            received: Instant::now(),
        };
        for shown in [format!("{context:?}"), format!("{observed:?}")] {
            assert!(shown.contains("set-cookie"), "{shown}");
            assert!(!shown.contains("secret"), "{shown}");
        }
    }
}
