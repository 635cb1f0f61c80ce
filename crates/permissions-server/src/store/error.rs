//! Failures of the database while the server runs.

use std::sync::Arc;

/// A failed read or write.
///
/// The message is for the log. Clients receive a fixed message for each kind, because the database's own message may
/// contain names of files and hosts.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub(crate) struct StoreError {
    pub(crate) kind: StoreErrorKind,
    message: Arc<str>,
}

/// The cause of a failure. It decides the response and whether the operation is retried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StoreErrorKind {
    /// The operation had no effect, because no connection could be made or the connection was lost before the commit.
    Unreachable,
    /// The connection was lost during the operation, which may or may not have been committed.
    ConnectionLost,
    /// The database rolled back the transaction because of a conflict with a concurrent one.
    Conflict,
    /// Busy, out of memory or closing: the same request may succeed later.
    Unavailable,
    /// The disk is full.
    Full,
    /// The write-ahead log has reached its limit, because a reader prevents its reuse.
    LogFull,
    /// The database is read-only.
    ReadOnly,
    /// The data on disk is damaged.
    Damaged,
    /// A bug in this server or in the database.
    Internal,
}

impl StoreError {
    pub(crate) fn new(kind: StoreErrorKind, message: impl Into<Arc<str>>) -> Self {
        Self {
            kind,
            message: message.into(),
        }
    }

    /// The error of requests that arrive while the server stops.
    pub(crate) fn closed() -> Self {
        Self::new(StoreErrorKind::Unavailable, "the database is closing")
    }
}
