use http::HeaderMap;

use super::retry_after::RetryAfter;
use crate::error::Error;

/// An attempt that failed, with what the decision about another one needs.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) error: Error,
    pub(crate) fate: Fate,
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
            retry_after: None,
        }
    }

    pub(crate) fn unknown(error: Error) -> Self {
        Self {
            error,
            fate: Fate::Unknown,
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
        Self {
            error,
            fate: if refused {
                Fate::NotDone
            } else {
                Fate::Unknown
            },
            retry_after: RetryAfter::read(headers),
        }
    }
}
