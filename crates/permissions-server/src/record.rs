//! Recorded requests for tests.

/// A request and the status of its response.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecordedRequest {
    /// The method, such as `GET`.
    pub method: String,
    /// Path and query, percent-encoded as the client sent them.
    pub path: String,
    /// Headers in the order of their names. The value of `authorization` is replaced by `…`.
    pub headers: Vec<(String, String)>,
    /// The body. Bytes that are not valid UTF-8 are replaced by U+FFFD.
    pub body: String,
    /// The status of the response, or 0 if a fault has dropped the connection.
    pub status: u16,
}
