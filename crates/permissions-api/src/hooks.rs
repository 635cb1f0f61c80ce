//! The context of a call, which every request of the generated client uses.

use std::fmt;
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http_body_util::Limited;
use progenitor_client::{ClientHooks, ClientInfo as _, Error, OperationInfo};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Body, Request, Response, ResponseBuilderExt as _};
use tracing::Instrument as _;
use tracing::level_filters::LevelFilter;

use crate::Client;

/// Default limit of a response body in bytes: 32 MiB. A page of 100 permissions has 14 KB.
pub const DEFAULT_BODY_LIMIT: usize = 32 << 20;

/// Header that progenitor adds to every request. The OpenAI API does not define it.
const API_VERSION: HeaderName = HeaderName::from_static("api-version");

/// Headers, query parameters, timeout and body limit of a call, and the head of its response.
///
/// A context belongs to a [`Client`]. [`Client::with_context`] creates a client for one call.
/// `Debug` prints the names of headers and query parameters, but no values.
#[derive(Default)]
pub struct CallContext {
    shared: Arc<HeaderMap>,
    /// Changes of the shared headers, in order. `None` removes a header.
    headers: Vec<(HeaderName, Option<HeaderValue>)>,
    query: Vec<(String, String)>,
    timeout: Option<Duration>,
    body_limit: Option<usize>,
    checks_url: bool,
    /// The last response, if the context observes responses.
    observed: Option<Mutex<Option<Observed>>>,
}

/// URL, status and headers of a response. `Debug` prints neither the URL nor header values, because they may be secret.
#[derive(Clone)]
#[non_exhaustive]
pub struct Observed {
    /// The URL of the response, with the query.
    pub url: reqwest::Url,
    /// The status code.
    pub status: u16,
    /// The headers. Empty if the status is not a success, because the response then keeps them.
    pub headers: HeaderMap,
    /// Whether the response is from another URL than the requested one, with
    /// [`check_url`](CallContext::check_url).
    pub redirected: bool,
}

impl CallContext {
    /// Creates a context without headers and timeout, with [`DEFAULT_BODY_LIMIT`].
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Creates a context with headers that several calls share. They replace those of the generated code.
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
        self.set_header(name, Some(value));
        self
    }

    /// Removes a header from the request.
    #[must_use]
    pub fn remove_header(mut self, name: HeaderName) -> Self {
        self.set_header(name, None);
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
    ///
    /// A [`ResponseValue`](crate::ResponseValue) then has no headers. They are moved, not copied.
    #[must_use]
    pub fn observe(mut self) -> Self {
        self.observed = Some(Mutex::default());
        self
    }

    /// Compares the URL of the response with the requested one, which costs a copy of the URL. Implies
    /// [`observe`](Self::observe).
    #[must_use]
    pub fn check_url(mut self) -> Self {
        self.checks_url = true;
        self.observe()
    }

    /// Sets or removes a header, for the next attempt of a call.
    pub fn set_header(&mut self, name: HeaderName, value: Option<HeaderValue>) {
        match self.headers.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = value,
            None => self.headers.push((name, value)),
        }
    }

    /// Sets or removes the timeout, for the next attempt of a call.
    pub fn set_timeout(&mut self, timeout: Option<Duration>) {
        self.timeout = timeout;
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
        let mut previous = None;
        for (name, value) in &*self.shared {
            match previous.replace(name) == Some(name) {
                true => headers.append(name, value.clone()),
                false => headers.insert(name, value.clone()).is_some(),
            };
        }
        for (name, value) in &self.headers {
            match value {
                Some(value) => headers.insert(name, value.clone()),
                None => headers.remove(name),
            };
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

    fn observe_response(&self, response: &mut Response, redirected: bool) {
        let Some(observed) = &self.observed else {
            return;
        };
        let status = response.status();
        let headers = match status.is_success() {
            true => mem::take(response.headers_mut()),
            false => HeaderMap::new(),
        };
        *observed.lock().unwrap_or_else(PoisonError::into_inner) = Some(Observed {
            url: response.url().clone(),
            status: status.as_u16(),
            headers,
            redirected,
        });
    }
}

/// Clones the settings. The clone has observed no response yet.
impl Clone for CallContext {
    fn clone(&self) -> Self {
        Self {
            shared: self.shared.clone(),
            headers: self.headers.clone(),
            query: self.query.clone(),
            timeout: self.timeout,
            body_limit: self.body_limit,
            checks_url: self.checks_url,
            observed: self.observed.as_ref().map(|_| Mutex::default()),
        }
    }
}

impl ClientHooks<CallContext> for Client {
    async fn pre<E>(&self, request: &mut Request, _: &OperationInfo) -> Result<(), Error<E>> {
        self.inner().apply(request);
        Ok(())
    }

    async fn exec(&self, request: Request, info: &OperationInfo) -> reqwest::Result<Response> {
        let context = self.inner();
        let requested = context.checks_url.then(|| request.url().clone());
        // Without a subscriber for the level, even a disabled span would cost 1 % of a request.
        let mut response = match LevelFilter::current() >= LevelFilter::DEBUG {
            true => Box::pin(self.traced(request, info)).await?,
            false => self.client().execute(request).await?,
        };
        let redirected = requested.is_some_and(|url| url != *response.url());
        context.observe_response(&mut response, redirected);
        Ok(limited(
            response,
            context.body_limit.unwrap_or(DEFAULT_BODY_LIMIT),
        ))
    }
}

impl Client {
    /// Creates a client with another context that shares the connections of this client.
    #[must_use]
    pub fn with_context(&self, context: CallContext) -> Self {
        Self::new_with_client(self.baseurl(), self.client().clone(), context)
    }

    async fn traced(&self, request: Request, info: &OperationInfo) -> reqwest::Result<Response> {
        let span = tracing::debug_span!(
            "http_request",
            operation = info.operation_id,
            method = request.method().as_str(),
            status = tracing::field::Empty,
        );
        let sent = span.in_scope(|| self.client().execute(request));
        let response = sent.instrument(span.clone()).await?;
        span.record("status", response.status().as_u16());
        Ok(response)
    }

    /// Returns the context of the client's calls.
    #[must_use]
    pub fn context(&self) -> &CallContext {
        &self.inner
    }

    /// Returns the context, for changes between the attempts of a call.
    pub fn context_mut(&mut self) -> &mut CallContext {
        &mut self.inner
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
            .field("redirected", &self.redirected)
            .finish()
    }
}

impl fmt::Debug for CallContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let set = self.headers.iter().filter(|(_, value)| value.is_some());
        let removed = self.headers.iter().filter(|(_, value)| value.is_none());
        f.debug_struct("CallContext")
            .field(
                "headers",
                &self
                    .shared
                    .keys()
                    .chain(set.map(|(name, _)| name))
                    .collect::<Vec<_>>(),
            )
            .field(
                "removed",
                &removed.map(|(name, _)| name).collect::<Vec<_>>(),
            )
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
            url: "https://example.com/?after=secret".parse().unwrap(),
            status: 200,
            headers: HeaderMap::from_iter([cookie]),
            redirected: false,
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
        let version = HeaderValue::from_static("2.3.0");
        request.headers_mut().insert(API_VERSION, version);
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

    #[test]
    fn next_attempt_replaces_header_and_timeout() {
        let name = HeaderName::from_static("x-retry");
        let mut context = CallContext::new().header(name.clone(), HeaderValue::from(0));
        context.set_header(name.clone(), Some(HeaderValue::from(1)));
        context.set_timeout(None);
        let mut request = Request::new(reqwest::Method::GET, "http://h".parse().unwrap());
        context.apply(&mut request);
        let values: Vec<_> = request.headers().get_all(name).iter().collect();
        assert_eq!(values, ["1"]);
        assert_eq!(request.timeout(), None);
    }
}
