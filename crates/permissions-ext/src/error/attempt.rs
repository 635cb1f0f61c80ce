use std::time::Duration;

/// A failed attempt of a call.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Attempt {
    pub(crate) status: Option<u16>,
    pub(crate) request_id: Option<String>,
    pub(crate) reason: String,
    pub(crate) elapsed: Duration,
    pub(crate) delay: Option<Duration>,
}

impl Attempt {
    /// Returns the HTTP status, if a response arrived.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.status
    }

    /// Returns the request id from the response header `x-request-id`.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    /// Returns the reason for the failure, without the API's message.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// Returns the time between sending the request and the failure.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.elapsed
    }

    /// Returns the wait before the next attempt. `None` after the last one.
    #[must_use]
    pub fn delay(&self) -> Option<Duration> {
        self.delay
    }
}
