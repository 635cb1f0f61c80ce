//! What every request of the generated client goes through.
//!
//! The generator's hook trait can be implemented in this crate alone, so the wishes of a single call travel to it
//! in a [`CallContext`], and what was seen of the response travels back the same way: an error of the generated
//! client about a body that does not decode no longer knows the status and the headers it came with.

use std::fmt;
use std::future::Future;
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use http_body_util::Limited;
use progenitor_client::{ClientHooks, ClientInfo, Error, OperationInfo};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use tracing::Instrument as _;

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
    observed: Option<Arc<Mutex<Option<Observed>>>>,
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

    /// Keeps the status and the headers of a response for [`take_observed`](Self::take_observed).
    ///
    /// Those of a successful answer are moved there, so that they are gone from its
    /// [`ResponseValue`](crate::ResponseValue).
    #[must_use]
    pub fn observe(mut self) -> Self {
        self.observed = Some(Arc::default());
        self
    }

    /// Takes out the status and the headers of the last response, which are there also where its body could not be read
    /// or decoded; none without [`observe`](Self::observe).
    #[must_use]
    pub fn take_observed(&self) -> Option<Observed> {
        let observed = self.observed.as_ref()?;
        observed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }

    /// The most bytes of a body that this call reads.
    #[must_use]
    pub fn limit(&self) -> usize {
        self.body_limit.unwrap_or(DEFAULT_BODY_LIMIT)
    }

    fn header_names(&self) -> impl Iterator<Item = &HeaderName> {
        self.shared
            .keys()
            .chain(self.headers.iter().map(|(name, _)| name))
    }

    fn seen(&self, response: &mut reqwest::Response) {
        let Some(observed) = &self.observed else {
            return;
        };
        let status = response.status();
        let headers = if status.is_success() {
            mem::take(response.headers_mut())
        } else {
            response.headers().clone()
        };
        let seen = Observed {
            status: status.as_u16(),
            headers,
            received: Instant::now(),
        };
        *observed.lock().unwrap_or_else(PoisonError::into_inner) = Some(seen);
    }
}

impl crate::Client {
    /// The same client for a call with other wishes; it costs next to nothing.
    #[must_use]
    pub fn with_context(&self, context: CallContext) -> Self {
        Self {
            urls: self.urls.clone(),
            client: self.client.clone(),
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

impl ClientHooks<CallContext> for crate::Client {
    async fn pre<E>(
        &self,
        request: &mut reqwest::Request,
        _info: &OperationInfo,
    ) -> Result<(), Error<E>> {
        let context = self.inner();
        let headers = request.headers_mut();
        // Made anew with room for all: a map that grows is copied for each header that has no place in it.
        let own = context.headers.iter().map(|(name, value)| (name, value));
        let room = headers.len() + context.shared.len() + own.len();
        let operation = mem::replace(headers, HeaderMap::with_capacity(room));
        for (name, value) in &operation {
            headers.append(name, value.clone());
        }
        for (name, value) in context.shared.iter().chain(own) {
            headers.insert(name, value.clone());
        }
        for name in &context.removed {
            headers.remove(name);
        }
        if !context.query.is_empty() {
            request
                .url_mut()
                .query_pairs_mut()
                .extend_pairs(&context.query);
        }
        if context.timeout.is_some() {
            *request.timeout_mut() = context.timeout;
        }
        Ok(())
    }

    /// No `async fn`: its future would hold the whole request until the answer is there, and be copied with it.
    fn exec(
        &self,
        request: reqwest::Request,
        info: &OperationInfo,
    ) -> impl Future<Output = reqwest::Result<reqwest::Response>> {
        let span = tracing::debug_span!(
            "http_request",
            operation = info.operation_id,
            method = request.method().as_str(),
            status = tracing::field::Empty,
        );
        let sent = span.in_scope(|| self.client().execute(request));
        async move {
            let mut response = sent.instrument(span.clone()).await?;
            span.record("status", response.status().as_u16());
            let context = self.inner();
            context.seen(&mut response);
            Ok(limited(response, context.limit()))
        }
    }
}

/// Holds a body to so many bytes. One that says its length is held to that by the connection, and costs nothing here.
fn limited(response: reqwest::Response, limit: usize) -> reqwest::Response {
    let length = response.content_length();
    if length.is_some_and(|length| usize::try_from(length).is_ok_and(|length| length <= limit)) {
        return response;
    }
    http::Response::<reqwest::Body>::from(response)
        .map(|body| reqwest::Body::wrap(Limited::new(body, limit)))
        .into()
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
