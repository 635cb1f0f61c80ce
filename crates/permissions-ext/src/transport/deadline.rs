use std::time::Duration;

use tokio::time::Instant;

/// When a call with all its attempts has to end; it may be never.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline(Option<Instant>);

impl Deadline {
    pub(crate) fn after(span: Option<Duration>) -> Self {
        // A span beyond what the clock can tell is no limit.
        Self(span.and_then(|span| Instant::now().checked_add(span)))
    }

    /// The time left; none where there is no end.
    pub(crate) fn left(self) -> Option<Duration> {
        self.0
            .map(|end| end.saturating_duration_since(Instant::now()))
    }
}
