use std::time::Duration;

use http::HeaderMap;

use super::limiter::Interrupt;
use super::retry_after;
use crate::action::Action;
use crate::error::{Error, ErrorKind, readable};

/// A failed attempt.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) error: Error,
    /// Whether the API may have processed the request or may still process it.
    pub(crate) is_ambiguous: bool,
    /// The wait that the API asked for.
    pub(crate) retry_after: Option<Duration>,
    /// Whether the call ends without another attempt, even if errors of this kind are retried.
    pub(crate) is_final: bool,
}

impl Failure {
    pub(crate) fn not_sent(error: Error) -> Self {
        Self {
            error,
            is_ambiguous: false,
            retry_after: None,
            is_final: false,
        }
    }

    pub(crate) fn ambiguous(error: Error) -> Self {
        Self {
            is_ambiguous: true,
            ..Self::not_sent(error)
        }
    }

    /// Creates the failure of a request that the rate limiter did not send.
    pub(super) fn interrupted(interrupt: Interrupt, action: Action, max_wait: Duration) -> Self {
        let (kind, reason, wait) = match interrupt {
            Interrupt::TooLong(wait) => {
                let limit = readable(max_wait);
                let reason = format!("the API asked to wait for longer than the limit of {limit}");
                (ErrorKind::RateLimited, reason, Some(wait))
            }
            Interrupt::Deadline(wait) => {
                let reason = "the API asked to wait until after the deadline of the call";
                (ErrorKind::Deadline, reason.to_owned(), Some(wait))
            }
            Interrupt::Stopped => {
                let reason = "the call was stopped while it waited for the API's rate limit";
                (ErrorKind::Cancelled, reason.to_owned(), None)
            }
        };
        Self {
            retry_after: wait,
            is_final: true,
            ..Self::not_sent(Error::new(kind, action, reason))
        }
    }

    /// Creates the failure of a response. The API has not processed a request with a 4xx status, except 408 and 409.
    pub(crate) fn of_response(error: Error, headers: &HeaderMap) -> Self {
        let status = error.status().unwrap_or_default();
        Self {
            is_ambiguous: !(400..500).contains(&status) || status == 408 || status == 409,
            retry_after: retry_after::read(headers),
            ..Self::not_sent(error)
        }
    }
}
