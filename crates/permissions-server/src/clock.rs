//! Where `created_at` comes from.

use std::time::{SystemTime, UNIX_EPOCH};

/// The time that new permissions are stamped with.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) enum Clock {
    /// The machine's clock.
    #[default]
    System,
    /// Always the same second, so that a test can compare whole answers.
    Fixed(i64),
}

impl Clock {
    /// Seconds since 1970-01-01 00:00 UTC; 0 on a machine whose clock is set before that.
    pub(crate) fn now(self) -> i64 {
        match self {
            Self::Fixed(seconds) => seconds,
            Self::System => SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .map(|elapsed| i64::try_from(elapsed.as_secs()).unwrap_or(i64::MAX))
                .unwrap_or(0),
        }
    }
}
