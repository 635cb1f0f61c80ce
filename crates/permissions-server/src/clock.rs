//! Where `created_at` comes from, and the date of answers with it: clients compare the two.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::http::HeaderValue;

/// The last second that the header has room for, at the end of the year 9999.
const LAST_DATE: i64 = 253_402_300_799;

/// The time that new permissions and answers are stamped with.
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

    /// The header `Date`; none where it is the machine's clock, which hyper tells by itself.
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
    fn a_fixed_clock_dates_answers_and_any_second_has_a_date() {
        let date = |seconds| Clock::Fixed(seconds).date();
        let text = |text| Some(HeaderValue::from_static(text));
        assert_eq!(date(784_111_777), text("Sun, 06 Nov 1994 08:49:37 GMT"));
        assert_eq!(date(i64::MIN), text("Thu, 01 Jan 1970 00:00:00 GMT"));
        assert_eq!(date(i64::MAX), text("Fri, 31 Dec 9999 23:59:59 GMT"));
        assert_eq!(Clock::System.date(), None);
    }
}
