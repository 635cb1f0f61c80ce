use std::error::Error;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// Why a request was not answered, whatever a transport has to say of it.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// The head of an answer, once it is there.
pub type Sending = Pin<Box<dyn Future<Output = Result<reqwest::Response, BoxError>> + Send>>;

/// Sends the requests of a [`Client`](crate::Client): a [`reqwest::Client`], or anything else that can.
pub trait Transport: fmt::Debug + Send + Sync + 'static {
    /// Sends a request. The time-out that it may have is the transport's to keep.
    ///
    /// An error that is a [`reqwest::Error`] reaches the caller as it is; of any other, the caller sees the text, and
    /// the rest by [`CallContext::take_failure`](super::CallContext::take_failure).
    fn send(&self, request: reqwest::Request) -> Sending;
}

impl<T: Transport + ?Sized> Transport for Arc<T> {
    fn send(&self, request: reqwest::Request) -> Sending {
        T::send(self, request)
    }
}

impl Transport for reqwest::Client {
    fn send(&self, request: reqwest::Request) -> Sending {
        let sent = self.execute(request);
        Box::pin(async move { Ok(sent.await?) })
    }
}
