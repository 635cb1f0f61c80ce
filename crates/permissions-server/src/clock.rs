//! The clock, which sets `created_at` and the `Date` header.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::http::HeaderValue;

/// The last second that `Date` can represent, in the year 9999.
const LAST_DATE: i64 = 253_402_300_799;

/// A clock.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) enum Clock {
    #[default]
    System,
    /// A constant time in seconds since 1970, so that tests can compare complete responses.
    Fixed(i64),
}

impl Clock {
    /// Returns the time in seconds since 1970, or 0 if the system clock shows an earlier time.
    pub(crate) fn now(self) -> i64 {
        match self {
            Self::Fixed(seconds) => seconds,
            Self::System => SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .map(|elapsed| i64::try_from(elapsed.as_secs()).unwrap_or(i64::MAX))
                .unwrap_or(0),
        }
    }

    /// Returns the `Date` header for a fixed clock, or `None` for the system clock, because hyper adds its header.
    pub(crate) fn date(self) -> Option<HeaderValue> {
        let Self::Fixed(seconds) = self else {
            return None;
        };
        let since = Duration::from_secs(seconds.clamp(0, LAST_DATE).unsigned_abs());
        HeaderValue::from_str(&httpdate::fmt_http_date(UNIX_EPOCH + since)).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fixed_clock_clamps_the_date_header() {
        let date = |seconds| Clock::Fixed(seconds).date();
        let text = |text| Some(HeaderValue::from_static(text));
        assert_eq!(date(784_111_777), text("Sun, 06 Nov 1994 08:49:37 GMT"));
        assert_eq!(date(i64::MIN), text("Thu, 01 Jan 1970 00:00:00 GMT"));
        assert_eq!(date(i64::MAX), text("Fri, 31 Dec 9999 23:59:59 GMT"));
        assert_eq!(Clock::System.date(), None);
    }
}
