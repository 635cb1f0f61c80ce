use std::fmt;
use std::time::Duration;

use http::HeaderMap;
use url::Url;

use crate::redact::Redactor;

/// URL, status and headers of a response, and the number of attempts before it.
///
/// Secrets that the server echoed are replaced.
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct Metadata {
    url: Option<String>,
    status: Option<u16>,
    headers: HeaderMap,
    retries: u32,
}

impl Metadata {
    /// Takes the URL, the status and the headers from the head of a response, if a response arrived.
    pub(crate) fn new(
        head: Option<http::Response<Url>>,
        retries: u32,
        redactor: &Redactor<'_>,
    ) -> Self {
        let Some(head) = head else {
            return Self {
                retries,
                ..Self::default()
            };
        };
        let (mut head, url) = head.into_parts();
        redactor.headers(&mut head.headers);
        Self {
            url: Some(redactor.text(url.into())),
            status: Some(head.status.as_u16()),
            headers: head.headers,
            retries,
        }
    }

    /// Returns the URL of the request, without query parameters that the options of the request added.
    /// `None` if there was no response.
    #[must_use]
    pub fn url(&self) -> Option<&str> {
        self.url.as_deref()
    }

    /// Returns the HTTP status. `None` if there was no response.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.status
    }

    /// Returns the request id from the header `x-request-id`. OpenAI's support asks for it.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.header("x-request-id")
    }

    /// Returns the rate limit from the headers `x-ratelimit-*`.
    #[must_use]
    pub fn rate_limit(&self) -> Option<RateLimit> {
        RateLimit::read(&self.headers)
    }

    /// Returns the value of a response header, if it is ASCII text. The name is not case-sensitive.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Returns the response headers that are ASCII text.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        let headers = self.headers.iter();
        headers.filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)))
    }

    /// Returns the number of attempts that failed before this response.
    #[must_use]
    pub fn retries(&self) -> u32 {
        self.retries
    }
}

/// Omits the headers, because they may contain cookies, which are secrets.
impl fmt::Debug for Metadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metadata")
            .field("status", &self.status)
            .field("request_id", &self.request_id())
            .field("rate_limit", &self.rate_limit())
            .field("retries", &self.retries)
            .finish_non_exhaustive()
    }
}

/// The rate limit that the response headers `x-ratelimit-*-requests` report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RateLimit {
    /// Number of requests that the current window allows.
    pub limit: Option<u64>,
    /// Number of requests left in the current window.
    pub remaining: Option<u64>,
    /// Time until the next window starts.
    pub reset: Option<Duration>,
}

impl RateLimit {
    /// Reads the rate limit headers. Returns `None` if the response has no such header.
    fn read(headers: &HeaderMap) -> Option<Self> {
        let text = |name| headers.get(name)?.to_str().ok();
        let limit = Self {
            limit: text("x-ratelimit-limit-requests").and_then(|value| value.parse().ok()),
            remaining: text("x-ratelimit-remaining-requests").and_then(|value| value.parse().ok()),
            reset: text("x-ratelimit-reset-requests").and_then(parse_duration),
        };
        (limit != Self::default()).then_some(limit)
    }
}

/// Parses a duration such as `1h2m3.5s`, `6m0s`, `20ms` or plain seconds.
fn parse_duration(text: &str) -> Option<Duration> {
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
    fn duration_in_each_format_is_parsed() {
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
                parse_duration(text),
                expected.map(Duration::from_millis),
                "{text}"
            );
        }
    }

    #[test]
    fn response_without_rate_limit_headers_has_no_rate_limit() {
        assert_eq!(RateLimit::read(&HeaderMap::new()), None);
    }
}
