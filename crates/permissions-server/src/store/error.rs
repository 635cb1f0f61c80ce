//! Why a database did not do what it was asked while the server runs.

use std::sync::Arc;

/// A failed read or write. The text is for the log; clients get the kind's own words.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub(crate) struct StoreError {
    kind: StoreErrorKind,
    message: Arc<str>,
}

/// What a failure means to a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StoreErrorKind {
    /// Busy, unreachable or closing: the same request may work in a moment.
    Unavailable,
    /// No room left for data.
    Full,
    /// The database takes no writes.
    ReadOnly,
    /// The data on disk is not what was written.
    Damaged,
    /// Anything else: a defect here or a database that broke its word.
    Internal,
}

impl StoreError {
    pub(crate) fn new(kind: StoreErrorKind, message: impl Into<Arc<str>>) -> Self {
        Self {
            kind,
            message: message.into(),
        }
    }

    pub(crate) fn kind(&self) -> StoreErrorKind {
        self.kind
    }

    /// The answer to whoever still asks while the server stops.
    pub(crate) fn closed() -> Self {
        Self::new(StoreErrorKind::Unavailable, "the database is closing")
    }

    /// The database did not answer in time.
    pub(crate) fn silent() -> Self {
        Self::new(StoreErrorKind::Unavailable, "the database does not answer")
    }
}
