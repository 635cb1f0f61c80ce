//! The context of a call, which every request of the generated client uses.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use http_body_util::Limited;
use progenitor_client::{ClientHooks, ClientInfo as _, Error, OperationInfo};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Body, Request, Response, ResponseBuilderExt as _};
use tracing::Instrument as _;

use crate::Client;

/// Default limit of a response body in bytes: 32 MiB. A page of 100 permissions has 14 KB.
pub const DEFAULT_BODY_LIMIT: usize = 32 << 20;

/// Header that progenitor adds to every request. The OpenAI API does not define it.
const API_VERSION: &str = "api-version";

/// Headers, query parameters, timeout and body limit of a call, and the head of its response.
///
/// A context belongs to a [`Client`]. [`Client::with_context`] creates a client for one call.
/// `Debug` prints the names of headers and query parameters, but no values.
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

/// Status and headers of a response. `Debug` prints no header values, because they may be secret.
#[derive(Clone)]
#[non_exhaustive]
pub struct Observed {
    /// The status code.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The time at which the headers were received.
    pub received: Instant,
}

impl CallContext {
    /// Creates a context without headers and timeout, with [`DEFAULT_BODY_LIMIT`].
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Creates a context with headers that several calls share without a copy.
    #[must_use]
    pub fn with_headers(headers: Arc<HeaderMap>) -> Self {
        Self {
            shared: headers,
            ..Self::default()
        }
    }

    /// Sets a header and replaces other values of it.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Removes a header from the request.
    #[must_use]
    pub fn remove_header(mut self, name: HeaderName) -> Self {
        self.removed.push(name);
        self
    }

    /// Adds a query parameter.
    #[must_use]
    pub fn query(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.query.push((name.into(), value.into()));
        self
    }

    /// Limits the time from the start of the request to the end of the response body.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Limits the response body to this number of bytes. A longer body is an error.
    #[must_use]
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = Some(bytes);
        self
    }

    /// Keeps status and headers of the response for [`take_observed`](Self::take_observed).
    #[must_use]
    pub fn observe(mut self) -> Self {
        self.observed = Some(Arc::default());
        self
    }

    /// Takes status and headers of the last response, also if its body could not be decoded.
    ///
    /// Returns `None` without [`observe`](Self::observe) or without a response.
    #[must_use]
    pub fn take_observed(&self) -> Option<Observed> {
        let observed = self.observed.as_ref()?;
        observed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }

    fn apply(&self, request: &mut Request) {
        if request.body().and_then(Body::as_bytes) == Some(b"null") {
            // The generated code sends an optional body that is `None` as null.
            *request.body_mut() = None;
            request.headers_mut().remove(CONTENT_TYPE);
        }
        let headers = request.headers_mut();
        headers.remove(API_VERSION);
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

    fn observe_response(&self, response: &Response) {
        if let Some(observed) = &self.observed {
            *observed.lock().unwrap_or_else(PoisonError::into_inner) = Some(Observed {
                status: response.status().as_u16(),
                headers: response.headers().clone(),
                received: Instant::now(),
            });
        }
    }
}

impl ClientHooks<CallContext> for Client {
    async fn pre<E>(&self, request: &mut Request, _: &OperationInfo) -> Result<(), Error<E>> {
        self.inner().apply(request);
        Ok(())
    }

    async fn exec(&self, request: Request, info: &OperationInfo) -> reqwest::Result<Response> {
        let span = tracing::debug_span!(
            "http_request",
            operation = info.operation_id,
            method = request.method().as_str(),
            status = tracing::field::Empty,
        );
        let response = self
            .client()
            .execute(request)
            .instrument(span.clone())
            .await?;
        span.record("status", response.status().as_u16());
        self.inner().observe_response(&response);
        Ok(limited(
            response,
            self.inner().body_limit.unwrap_or(DEFAULT_BODY_LIMIT),
        ))
    }
}

impl Client {
    /// Creates a client with another context that shares the connections of this client.
    #[must_use]
    pub fn with_context(&self, context: CallContext) -> Self {
        Self::new_with_client(self.baseurl(), self.client().clone(), context)
    }
}

/// Limits the body, unless `Content-Length` already guarantees the limit.
fn limited(response: Response, limit: usize) -> Response {
    let length = response.content_length();
    if length.is_some_and(|length| usize::try_from(length).is_ok_and(|length| length <= limit)) {
        return response;
    }
    // The conversion to `http::Response` loses the URL.
    let with_url = http::Response::builder()
        .url(response.url().clone())
        .body(());
    let mut response = http::Response::<Body>::from(response);
    if let Ok(with_url) = with_url {
        response
            .extensions_mut()
            .extend(with_url.into_parts().0.extensions);
    }
    response
        .map(|body| Body::wrap(Limited::new(body, limit)))
        .into()
}

impl fmt::Debug for Observed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observed")
            .field("status", &self.status)
            .field("headers", &self.headers.keys().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for CallContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let own = self.headers.iter().map(|(name, _)| name);
        f.debug_struct("CallContext")
            .field(
                "headers",
                &self.shared.keys().chain(own).collect::<Vec<_>>(),
            )
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
    fn debug_of_context_and_response_hides_values() {
        let cookie = (
            HeaderName::from_static("set-cookie"),
            HeaderValue::from_static("session=secret"),
        );
        let context = CallContext::new()
            .header(cookie.0.clone(), cookie.1.clone())
            .query("after", "secret");
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

    #[test]
    fn context_sets_headers_query_and_timeout() {
        let mut request =
            Request::new(reqwest::Method::GET, "http://h/v1?limit=1".parse().unwrap());
        request
            .headers_mut()
            .insert(API_VERSION, HeaderValue::from_static("2.3.0"));
        let shared = HeaderMap::from_iter([
            (
                HeaderName::from_static("authorization"),
                HeaderValue::from_static("shared"),
            ),
            (
                HeaderName::from_static("x-removed"),
                HeaderValue::from_static("shared"),
            ),
        ]);
        CallContext::with_headers(Arc::new(shared))
            .header(
                HeaderName::from_static("authorization"),
                HeaderValue::from_static("own"),
            )
            .remove_header(HeaderName::from_static("x-removed"))
            .query("after", "a&b")
            .timeout(Duration::from_secs(1))
            .apply(&mut request);
        assert_eq!(request.headers().len(), 1);
        assert_eq!(request.headers()["authorization"], "own");
        assert_eq!(request.url().query(), Some("limit=1&after=a%26b"));
        assert_eq!(request.timeout(), Some(&Duration::from_secs(1)));
    }
}
