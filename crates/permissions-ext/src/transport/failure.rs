use http::HeaderMap;

use super::retry_after::RetryAfter;
use crate::Error;
use crate::error::Kind;

/// An attempt that failed, with what the decision about another one needs.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) error: Error,
    pub(crate) fate: Fate,
    /// What the response itself says of another attempt.
    pub(crate) should_retry: Option<bool>,
    pub(crate) retry_after: Option<RetryAfter>,
}

/// Whether the API may have carried out a request that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It never left, or the API refused it.
    NotDone,
    /// It may have been carried out, or may still be.
    Unknown,
}

impl Failure {
    pub(crate) fn not_sent(error: Error) -> Self {
        Self {
            error,
            fate: Fate::NotDone,
            should_retry: None,
            retry_after: None,
        }
    }

    pub(crate) fn unknown(error: Error) -> Self {
        Self {
            error,
            fate: Fate::Unknown,
            should_retry: None,
            retry_after: None,
        }
    }

    /// The same of an attempt that had only the time until the deadline of its call: what ran out is the deadline's.
    pub(crate) fn at_deadline(self) -> Self {
        Self {
            error: self.error.at_deadline(),
            ..self
        }
    }

    /// A failure that a response told.
    pub(crate) fn answered(error: Error, headers: &HeaderMap) -> Self {
        let refused = error
            .status()
            .is_some_and(|status| (400..500).contains(&status) && status != 408 && status != 409);
        let should_retry = headers
            .get("x-should-retry")
            .and_then(|value| match value.as_bytes() {
                b"true" => Some(true),
                b"false" => Some(false),
                _ => None,
            });
        Self {
            error,
            fate: if refused {
                Fate::NotDone
            } else {
                Fate::Unknown
            },
            should_retry,
            retry_after: RetryAfter::read(headers),
        }
    }

    /// The one decision on whether another attempt makes sense.
    pub(crate) fn is_retryable(&self) -> bool {
        match self.error.kind() {
            Kind::Connect | Kind::Transport if self.error.is_certificate() => false,
            Kind::Connect | Kind::Timeout | Kind::Transport => true,
            // Waiting does not fill an account, whatever the headers say.
            Kind::Status if self.error.is_quota_exceeded() => false,
            Kind::Status => self.should_retry.unwrap_or_else(|| {
                self.error
                    .status()
                    .is_some_and(|status| matches!(status, 408 | 409 | 429) || status >= 500)
            }),
            Kind::Proxy => self.should_retry.unwrap_or(true),
            _ => false,
        }
    }
}
