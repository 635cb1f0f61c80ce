//! What a response says besides its body.

use std::fmt;
use std::time::{Duration, Instant};

use http::HeaderMap;
use permissions_api::hooks::Observed;

use crate::key::Secret;

/// What came with an answer besides its body.
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct Metadata {
    pub(crate) headers: HeaderMap,
    pub(crate) retries: u32,
    /// When the headers came; the body may have taken longer.
    pub(crate) received: Option<Instant>,
}

impl Metadata {
    /// Without the values that hold the key, should the answer echo it.
    pub(crate) fn new(seen: Option<Observed>, retries: u32, secret: Option<&Secret>) -> Self {
        let received = seen.as_ref().map(|_| Instant::now());
        let mut headers = seen.map(|seen| seen.headers).unwrap_or_default();
        if let Some(secret) = secret {
            for value in headers.values_mut() {
                secret.redact_header(value);
            }
        }
        Self {
            headers,
            retries,
            received,
        }
    }

    /// The id under which the API's operators find the request.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.headers.get(REQUEST_ID)?.to_str().ok()
    }

    /// The rate limit in force, where the response told it.
    #[must_use]
    pub fn rate_limit(&self) -> Option<RateLimit> {
        RateLimit::read(&self.headers)
    }

    /// A header of the response by its name in any case; none where it is absent or not text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// How many attempts failed before this answer.
    #[must_use]
    pub fn retries(&self) -> u32 {
        self.retries
    }
}

/// Without the headers: among them are cookies.
impl fmt::Debug for Metadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metadata")
            .field("request_id", &self.request_id())
            .field("rate_limit", &self.rate_limit())
            .field("retries", &self.retries)
            .finish_non_exhaustive()
    }
}

/// A rate limit as the API's `x-ratelimit-…` headers give it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RateLimit {
    /// Requests allowed in the current window.
    pub limit: Option<u64>,
    /// Requests left in the current window.
    pub remaining: Option<u64>,
    /// Time until the window starts anew.
    pub reset: Option<Duration>,
}

const REQUEST_ID: &str = "x-request-id";

impl RateLimit {
    /// None where the response tells nothing of a limit.
    pub(crate) fn read(headers: &HeaderMap) -> Option<Self> {
        let text = |name| headers.get(name)?.to_str().ok();
        let limit = Self {
            limit: text("x-ratelimit-limit-requests").and_then(|value| value.parse().ok()),
            remaining: text("x-ratelimit-remaining-requests").and_then(|value| value.parse().ok()),
            reset: text("x-ratelimit-reset-requests").and_then(parse_span),
        };
        (limit != Self::default()).then_some(limit)
    }
}

pub(crate) fn request_id(headers: &HeaderMap) -> Option<String> {
    headers.get(REQUEST_ID)?.to_str().ok().map(str::to_owned)
}

/// Reads a span such as `1h2m3.5s`, `6m0s` or `20ms`, and plain seconds.
fn parse_span(text: &str) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let mut rest = text;
    let mut total = Duration::ZERO;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..digits].parse().ok()?;
        let units = rest[digits..]
            .find(|c: char| c.is_ascii_digit())
            .map_or(rest.len(), |at| digits + at);
        let unit = match &rest[digits..units] {
            "ms" => 0.001,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            "d" => 86_400.0,
            _ => return None,
        };
        total = total.checked_add(Duration::try_from_secs_f64(number * unit).ok()?)?;
        rest = &rest[units..];
    }
    Some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_in_every_form_the_api_sends() {
        for (text, expected) in [
            ("1s", Some(1_000)),
            ("6m0s", Some(360_000)),
            ("20ms", Some(20)),
            ("1h2m3.5s", Some(3_723_500)),
            ("0.25", Some(250)),
            ("soon", None),
            ("5 parsecs", None),
            ("-1", None),
            ("1e300s", None),
        ] {
            assert_eq!(
                parse_span(text),
                expected.map(Duration::from_millis),
                "{text}"
            );
        }
    }

    #[test]
    fn a_response_without_limits_has_none() {
        assert_eq!(RateLimit::read(&HeaderMap::new()), None);
    }
}
