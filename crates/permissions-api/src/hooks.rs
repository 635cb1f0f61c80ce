//! The context of a call, which every request of the generated client uses.

use std::fmt;
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http_body_util::Limited;
use progenitor_client::{ClientHooks, ClientInfo as _, Error, OperationInfo};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName};
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
/// Each [`Client`] has a context. Clones of a client share the connections, and may have different contexts.
/// `Debug` prints the names of headers, but no values.
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct CallContext {
    /// Headers that replace those of the generated code. Contexts can share them.
    pub headers: Arc<HeaderMap>,
    /// Query parameters to add to the URL.
    pub query: Vec<(String, String)>,
    /// Limit of the time from the start of the request to the end of the response body.
    pub timeout: Option<Duration>,
    /// Limit of the response body in bytes. A longer body is an error. The default is [`DEFAULT_BODY_LIMIT`].
    pub body_limit: Option<usize>,
    /// Whether a response from a URL other than the requested one is reported as an [`Error::Custom`]. The check costs
    /// a copy of the URL.
    pub check_url: bool,
    /// Receives URL, status and headers of every response, even if its body cannot be decoded. The headers are moved here,
    /// so a [`ResponseValue`](crate::ResponseValue) or an unexpected response has no headers.
    pub head: Option<ResponseHead>,
}

/// The last response of a context and its clones: status and headers, with the URL in place of the body.
pub type ResponseHead = Arc<Mutex<Option<http::Response<reqwest::Url>>>>;

/// Marks a response from another URL than the requested one.
#[derive(Clone)]
struct Redirected;

impl CallContext {
    /// Returns a mutable reference to the headers. Copies the headers first if another context shares them.
    pub fn headers_mut(&mut self) -> &mut HeaderMap {
        Arc::make_mut(&mut self.headers)
    }

    fn apply(&self, request: &mut Request) {
        if request.body().and_then(Body::as_bytes) == Some(b"null") {
            // The generated code sends an optional body that is `None` as null.
            *request.body_mut() = None;
            request.headers_mut().remove(CONTENT_TYPE);
        }
        let headers = HeaderMap::clone(&self.headers);
        let generated = mem::replace(request.headers_mut(), headers);
        for (name, value) in &generated {
            if *name != API_VERSION && !self.headers.contains_key(name) {
                request.headers_mut().append(name, value.clone());
            }
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

    /// Moves the headers of a response to [`head`](Self::head), with its URL and status.
    fn receive_head(&self, response: &mut Response) {
        if let Some(receiver) = &self.head {
            let mut head = http::Response::new(response.url().clone());
            *head.status_mut() = response.status();
            mem::swap(head.headers_mut(), response.headers_mut());
            *receiver.lock().unwrap_or_else(PoisonError::into_inner) = Some(head);
        }
    }
}

impl fmt::Debug for CallContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallContext")
            .field("headers", &self.headers.keys().collect::<Vec<_>>())
            .field("timeout", &self.timeout)
            .field("body_limit", &self.body_limit)
            .finish_non_exhaustive()
    }
}

impl ClientHooks<CallContext> for Client {
    async fn pre<E>(&self, request: &mut Request, _: &OperationInfo) -> Result<(), Error<E>> {
        self.inner().apply(request);
        Ok(())
    }

    async fn exec(&self, request: Request, info: &OperationInfo) -> reqwest::Result<Response> {
        let context = self.inner();
        let requested = context.check_url.then(|| request.url().clone());
        // Without a subscriber for the level, even a disabled span would cost 1 % of a request.
        let mut response = match LevelFilter::current() >= LevelFilter::DEBUG {
            true => Box::pin(self.traced(request, info)).await?,
            false => self.client().execute(request).await?,
        };
        if requested.is_some_and(|url| url != *response.url()) {
            response.extensions_mut().insert(Redirected);
        }
        context.receive_head(&mut response);
        let limit = context.body_limit.unwrap_or(DEFAULT_BODY_LIMIT);
        Ok(limited(response, limit))
    }

    async fn post<E>(
        &self,
        result: &reqwest::Result<Response>,
        _: &OperationInfo,
    ) -> Result<(), Error<E>> {
        match result {
            Ok(response) if response.extensions().get::<Redirected>().is_some() => {
                let reason =
                    "the HTTP client followed a redirect, so the response is from another URL";
                Err(Error::Custom(reason.to_owned()))
            }
            _ => Ok(()),
        }
    }
}

impl Client {
    /// Returns the context, to change it in a clone of the client or between the attempts of a call.
    pub fn context_mut(&mut self) -> &mut CallContext {
        &mut self.inner
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

#[cfg(test)]
mod tests {
    use reqwest::Method;
    use reqwest::header::{AUTHORIZATION, HeaderValue};

    use super::*;

    fn value(text: &'static str) -> HeaderValue {
        HeaderValue::from_static(text)
    }

    #[test]
    fn debug_of_context_hides_values() {
        let mut context = CallContext::default();
        let name = HeaderName::from_static("set-cookie");
        context.headers_mut().insert(name, value("session=secret"));
        context.query.push(("after".into(), "secret".into()));
        let shown = format!("{context:?}");
        assert!(shown.contains("set-cookie"), "{shown}");
        assert!(!shown.contains("secret"), "{shown}");
    }

    #[test]
    fn context_sets_headers_query_and_timeout() {
        let mut request = Request::new(Method::GET, "http://h/v1?limit=1".parse().unwrap());
        request.headers_mut().insert(API_VERSION, value("2.3.0"));
        request.headers_mut().insert(AUTHORIZATION, value("none"));
        request.headers_mut().insert(CONTENT_TYPE, value("x/y"));
        let mut context = CallContext::default();
        context.headers_mut().insert(AUTHORIZATION, value("own"));
        context.query.push(("after".into(), "a&b".into()));
        context.timeout = Some(Duration::from_secs(1));
        context.apply(&mut request);
        assert_eq!(request.headers().len(), 2);
        assert_eq!(request.headers()[AUTHORIZATION], "own");
        assert_eq!(request.headers()[CONTENT_TYPE], "x/y");
        assert_eq!(request.url().query(), Some("limit=1&after=a%26b"));
        assert_eq!(request.timeout(), Some(&Duration::from_secs(1)));
    }
}
