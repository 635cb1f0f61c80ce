//! What a test sees of the requests it caused.

use std::sync::{Mutex, PoisonError};

/// A request as the server got it, and how it answered.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecordedRequest {
    /// `GET`, `POST`, `DELETE`, …
    pub method: String,
    /// Path and query as they were sent, percent-encoded.
    pub path: String,
    /// Headers in the order of their names; the value of `authorization` is replaced by `…`.
    pub headers: Vec<(String, String)>,
    /// The body, with what is not UTF-8 replaced.
    pub body: String,
    /// The status answered; 0 if the connection was dropped on request.
    pub status: u16,
}

/// The requests so far, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Recorder(Mutex<Vec<RecordedRequest>>);

impl Recorder {
    pub(crate) fn push(&self, request: RecordedRequest) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(request);
    }

    pub(crate) fn all(&self) -> Vec<RecordedRequest> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}
