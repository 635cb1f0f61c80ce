use std::time::Duration;

/// A failed attempt of a call.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Attempt {
    /// HTTP status, if a response arrived.
    pub status: Option<u16>,
    /// Request id from the response header `x-request-id`.
    pub request_id: Option<String>,
    /// Reason for the failure, without the API's message.
    pub reason: String,
    /// Time between sending the request and the failure.
    pub elapsed: Duration,
    /// Wait before the next attempt. `None` after the last one.
    pub delay: Option<Duration>,
}
