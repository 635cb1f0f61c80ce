use std::time::{Duration, SystemTime};

use http::HeaderMap;
use http::header::{DATE, HeaderName, RETRY_AFTER};

const RETRY_AFTER_MS: HeaderName = HeaderName::from_static("retry-after-ms");

/// How long a response asks to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RetryAfter(pub(crate) Duration);

impl RetryAfter {
    /// Milliseconds first, then seconds (also with a fraction), then a date; what makes no sense counts as absent.
    pub(crate) fn read(headers: &HeaderMap) -> Option<Self> {
        let text = |name: HeaderName| headers.get(name)?.to_str().ok().map(str::trim);
        if let Some(wait) = text(RETRY_AFTER_MS).and_then(|value| span(value, 0.001)) {
            return Some(Self(wait));
        }
        let value = text(RETRY_AFTER)?;
        if let Some(wait) = span(value, 1.0) {
            return Some(Self(wait));
        }
        let date = httpdate::parse_http_date(value).ok()?;
        // The server's own clock, where it shows it, so that a wrong clock on either side does no harm.
        let now = text(DATE)
            .and_then(|now| httpdate::parse_http_date(now).ok())
            .unwrap_or_else(SystemTime::now);
        Some(Self(date.duration_since(now).unwrap_or_default()))
    }
}

/// A number of units as a span. A number too large for a span is the longest span, so that it is beyond any cap.
fn span(value: &str, unit: f64) -> Option<Duration> {
    // `inf`, `nan` and signs are numbers to Rust, and garbage in this header.
    if !value.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    let number: f64 = value.parse().ok()?;
    Some(Duration::try_from_secs_f64(number * unit).unwrap_or(Duration::MAX))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn read(headers: &[(&'static str, &str)]) -> Option<Duration> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, HeaderValue::from_str(value).unwrap());
        }
        RetryAfter::read(&map).map(|wait| wait.0)
    }

    // Rows 16, 19, 20 and 21 of the behaviours that the official SDKs' tests assert.
    #[test]
    fn seconds_are_read_with_and_without_a_fraction() {
        assert_eq!(read(&[("retry-after", "2")]), Some(Duration::from_secs(2)));
        assert_eq!(
            read(&[("retry-after", "0.1")]),
            Some(Duration::from_millis(100))
        );
        assert_eq!(read(&[("retry-after", "0")]), Some(Duration::ZERO));
    }

    // Row 17.
    #[test]
    fn milliseconds_win_even_at_zero() {
        assert_eq!(
            read(&[("retry-after-ms", "250"), ("retry-after", "9")]),
            Some(Duration::from_millis(250))
        );
        assert_eq!(
            read(&[("retry-after-ms", "0"), ("retry-after", "9")]),
            Some(Duration::ZERO)
        );
    }

    #[test]
    fn milliseconds_that_make_no_sense_fall_through_to_seconds() {
        for bad in ["nan", "-5", "soon", ""] {
            assert_eq!(
                read(&[("retry-after-ms", bad), ("retry-after", "3")]),
                Some(Duration::from_secs(3)),
                "{bad}"
            );
        }
    }

    #[test]
    fn a_date_is_counted_from_the_servers_own_clock() {
        let headers = [
            ("date", "Fri, 21 Aug 2026 10:00:00 GMT"),
            ("retry-after", "Fri, 21 Aug 2026 10:00:07 GMT"),
        ];
        assert_eq!(read(&headers), Some(Duration::from_secs(7)));
    }

    #[test]
    fn a_date_in_the_past_means_now() {
        assert_eq!(
            read(&[("retry-after", "Wed, 21 Oct 2015 07:28:00 GMT")]),
            Some(Duration::ZERO)
        );
    }

    #[test]
    fn garbage_counts_as_absent() {
        for bad in [
            "",
            "soon",
            "-1",
            "nan",
            "inf",
            "-inf",
            "infinity",
            "1s",
            "Fri, 99 Foo 2026",
            "0x10",
        ] {
            assert_eq!(read(&[("retry-after", bad)]), None, "{bad}");
        }
    }

    #[test]
    fn numbers_beyond_any_span_are_the_longest_one() {
        for huge in ["1e100", &"9".repeat(300), &"9".repeat(400)] {
            assert_eq!(read(&[("retry-after", huge)]), Some(Duration::MAX));
        }
    }
}
