use std::time::Duration;

use tokio::time::Instant;

/// The time at which a call with all its attempts must have ended. `None` without a deadline.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline(Option<Instant>);

impl Deadline {
    pub(crate) fn after(duration: Option<Duration>) -> Self {
        // A duration that overflows the clock counts as no deadline.
        Self(duration.and_then(|duration| Instant::now().checked_add(duration)))
    }

    /// Returns the remaining time. `None` without a deadline.
    pub(crate) fn left(self) -> Option<Duration> {
        self.0
            .map(|end| end.saturating_duration_since(Instant::now()))
    }
}
