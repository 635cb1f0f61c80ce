//! The way of a request, from what an operation made of it to the head of the answer.

use std::fmt::Write as _;
use std::future::Future;

use http_body_util::Limited;
use progenitor_client::Error;
use reqwest::{Request, Response};
use tracing::Instrument as _;

use super::transport::BoxError;

impl crate::Client {
    /// Gives a request what its call wishes for, and sends it.
    ///
    /// No `async fn`: its future would hold the whole request until the answer is there, and be copied with it.
    pub(crate) fn send(
        &self,
        mut request: Request,
        operation: &'static str,
    ) -> impl Future<Output = Result<Response, Error<()>>> + Send {
        self.inner.apply(&mut request);
        let span = tracing::debug_span!(
            "http_request",
            operation,
            method = request.method().as_str(),
            status = tracing::field::Empty,
        );
        let sent = span.in_scope(|| self.transport.send(request));
        async move {
            let mut response = match sent.instrument(span.clone()).await {
                Ok(response) => response,
                Err(failure) => return Err(self.failed(failure)),
            };
            span.record("status", response.status().as_u16());
            self.inner.seen(&mut response);
            Ok(limited(response, self.inner.limit()))
        }
    }

    fn failed(&self, failure: BoxError) -> Error<()> {
        match failure.downcast::<reqwest::Error>() {
            Ok(failure) => Error::CommunicationError(*failure),
            Err(failure) => {
                let text = with_causes(&failure);
                self.inner.failed(failure);
                Error::Custom(text)
            }
        }
    }
}

fn with_causes(failure: &BoxError) -> String {
    let mut text = failure.to_string();
    let mut cause = failure.source();
    while let Some(next) = cause {
        // A string takes whatever is written to it.
        let _ = write!(text, ": {next}");
        cause = next.source();
    }
    text
}

/// Holds a body to so many bytes. One that says its length is held to that by the connection, and costs nothing here.
fn limited(response: Response, limit: usize) -> Response {
    let length = response.content_length();
    if length.is_some_and(|length| usize::try_from(length).is_ok_and(|length| length <= limit)) {
        return response;
    }
    http::Response::<reqwest::Body>::from(response)
        .map(|body| reqwest::Body::wrap(Limited::new(body, limit)))
        .into()
}
