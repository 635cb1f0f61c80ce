//! The clock, which sets `created_at` and the `Date` header.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::http::HeaderValue;

/// The last second that `Date` can represent, in the year 9999.
const LAST_DATE: i64 = 253_402_300_799;

/// The system clock, or a constant time.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Clock {
    /// A constant time in seconds since 1970, so that tests can compare complete responses.
    pub(crate) fixed: Option<i64>,
}

impl Clock {
    /// Returns the time in seconds since 1970, or 0 if the system clock shows an earlier time.
    pub(crate) fn now(self) -> i64 {
        self.fixed.unwrap_or_else(|| {
            let elapsed = SystemTime::now().duration_since(UNIX_EPOCH);
            elapsed.map_or(0, |elapsed| elapsed.as_secs().cast_signed())
        })
    }

    /// Returns the `Date` header for a fixed clock, or `None` for the system clock, because hyper then adds the header itself.
    pub(crate) fn date(self) -> Option<HeaderValue> {
        let since = Duration::from_secs(self.fixed?.clamp(0, LAST_DATE).unsigned_abs());
        HeaderValue::from_str(&httpdate::fmt_http_date(UNIX_EPOCH + since)).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fixed_clock_clamps_the_date_header() {
        let date = |seconds| {
            let fixed = Some(seconds);
            Clock { fixed }.date()
        };
        let text = |text| Some(HeaderValue::from_static(text));
        assert_eq!(date(784_111_777), text("Sun, 06 Nov 1994 08:49:37 GMT"));
        assert_eq!(date(i64::MIN), text("Thu, 01 Jan 1970 00:00:00 GMT"));
        assert_eq!(date(i64::MAX), text("Fri, 31 Dec 9999 23:59:59 GMT"));
        assert_eq!(Clock::default().date(), None);
    }
}
