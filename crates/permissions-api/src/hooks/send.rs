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

#[cfg(test)]
mod tests {
    use std::future::ready;
    use std::io;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;
    use crate::hooks::{CallContext, Sending, Transport};

    #[derive(Debug)]
    struct OutOfOrder;

    impl Transport for OutOfOrder {
        fn send(&self, _: Request) -> Sending {
            let cause = io::Error::other(io::Error::other("the wire is cut"));
            Box::pin(ready(Err(cause.into())))
        }
    }

    #[test]
    fn what_a_transport_says_of_a_failure_reaches_the_caller() {
        let context = CallContext::new().observe();
        let client = crate::Client::new_with_client("http://127.0.0.1/v1", OutOfOrder, context);
        let call = client
            .list_checkpoint_permissions()
            .fine_tuned_model_checkpoint("ft:a");
        let Poll::Ready(Err(error)) =
            pin!(call.send()).poll(&mut Context::from_waker(Waker::noop()))
        else {
            panic!("it should have failed at once");
        };
        assert!(error.to_string().contains("the wire is cut"), "{error}");
        let failure = client.inner().take_failure().unwrap();
        assert!(failure.is::<io::Error>(), "the error itself, too");
        assert!(client.inner().take_failure().is_none(), "taken is taken");
        assert!(client.inner().take_observed().is_none(), "no answer came");
    }
}
