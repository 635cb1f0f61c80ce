use std::time::Duration;

/// One attempt of a call: what came of it, and how long the client then waited.
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
    /// The HTTP status, where a response arrived.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.status
    }

    /// The id under which the API's operators find the request.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    /// Why it failed, in a few words.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// How long it took from sending to failing.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.elapsed
    }

    /// How long the client waited after it; none after the last.
    #[must_use]
    pub fn delay(&self) -> Option<Duration> {
        self.delay
    }
}
