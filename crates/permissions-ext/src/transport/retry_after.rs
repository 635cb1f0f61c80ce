use std::time::{Duration, SystemTime};

use http::HeaderMap;
use http::header::{DATE, HeaderName, RETRY_AFTER};

const RETRY_AFTER_MS: HeaderName = HeaderName::from_static("retry-after-ms");

/// Returns how long a response asks to wait. `None` if the response does not ask to wait, or if the wait is zero or
/// ends in the past.
///
/// Reads `retry-after-ms`, then `Retry-After` in seconds (also with a fraction), then `Retry-After` as a date. Invalid
/// values count as absent.
pub(super) fn read(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: HeaderName| headers.get(name)?.to_str().ok().map(str::trim);
    let by_milliseconds = text(RETRY_AFTER_MS).and_then(|value| parse(value, 0.001));
    let wait = by_milliseconds.or_else(|| {
        let value = text(RETRY_AFTER)?;
        parse(value, 1.0).or_else(|| {
            let date = httpdate::parse_http_date(value).ok()?;
            // Uses the server's clock, so that a wrong clock of this machine does not change the wait.
            let now = text(DATE).and_then(|now| httpdate::parse_http_date(now).ok());
            date.duration_since(now.unwrap_or_else(SystemTime::now))
                .ok()
        })
    });
    wait.filter(|wait| !wait.is_zero())
}

/// Parses a number of units. `seconds` is the length of one unit. A number that is too large for a duration results in
/// the longest duration, which exceeds every limit.
fn parse(value: &str, seconds: f64) -> Option<Duration> {
    // Rust also parses `inf`, `nan` and signs, which are invalid in this header.
    if !value.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    let number: f64 = value.parse().ok()?;
    Some(Duration::try_from_secs_f64(number * seconds).unwrap_or(Duration::MAX))
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
        super::read(&map)
    }

    #[test]
    fn seconds_may_have_a_fraction() {
        assert_eq!(read(&[("retry-after", "2")]), Some(Duration::from_secs(2)));
        assert_eq!(
            read(&[("retry-after", "0.1")]),
            Some(Duration::from_millis(100))
        );
    }

    #[test]
    fn retry_after_ms_of_zero_overrides_seconds() {
        assert_eq!(
            read(&[("retry-after-ms", "250"), ("retry-after", "9")]),
            Some(Duration::from_millis(250))
        );
        assert_eq!(read(&[("retry-after-ms", "0"), ("retry-after", "9")]), None);
    }

    #[test]
    fn invalid_milliseconds_fall_back_to_seconds() {
        for bad in ["nan", "-5", "soon", ""] {
            assert_eq!(
                read(&[("retry-after-ms", bad), ("retry-after", "3")]),
                Some(Duration::from_secs(3)),
                "{bad}"
            );
        }
    }

    #[test]
    fn date_is_relative_to_the_servers_clock() {
        let headers = [
            ("date", "Fri, 21 Aug 2026 10:00:00 GMT"),
            ("retry-after", "Fri, 21 Aug 2026 10:00:07 GMT"),
        ];
        assert_eq!(read(&headers), Some(Duration::from_secs(7)));
    }

    #[test]
    fn zero_wait_and_past_date_count_as_absent() {
        for value in ["0", "0.0", "Wed, 21 Oct 2015 07:28:00 GMT"] {
            assert_eq!(read(&[("retry-after", value)]), None, "{value}");
        }
    }

    #[test]
    fn invalid_values_count_as_absent() {
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
    fn huge_retry_after_results_in_longest_duration() {
        for huge in ["1e100", &"9".repeat(300), &"9".repeat(400)] {
            assert_eq!(read(&[("retry-after", huge)]), Some(Duration::MAX));
        }
    }
}
