//! What the server bears from its clients.

use std::time::Duration;

/// Bounds on a request, a connection and their number. [`Limits::default`] suits a service that
/// strangers can reach.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of a request body; more is 413. Default 4 MiB: a thousand of the longest ids, with
    /// every character escaped, fit.
    pub body_bytes: usize,
    /// Bytes of a request line and its headers; more is 431. Default 32 KiB.
    pub header_bytes: usize,
    /// Time for a body to arrive; more is 408. Default 10 seconds.
    pub body_time: Duration,
    /// Time from an open connection, or from the last answer, to the end of the next request's
    /// headers; then the connection is closed. Default 60 seconds.
    pub idle_time: Duration,
    /// Time for a whole request; more is 503. Default 30 seconds.
    pub request_time: Duration,
    /// Connections at a time. One more closes the one that has been idle longest; if none is idle,
    /// it waits. Default 8192.
    pub connections: usize,
    /// Time that requests already accepted get to finish when the server stops. Default 10 seconds.
    pub shutdown_time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 4 << 20,
            header_bytes: 32 << 10,
            body_time: Duration::from_secs(10),
            idle_time: Duration::from_secs(60),
            request_time: Duration::from_secs(30),
            connections: 8192,
            shutdown_time: Duration::from_secs(10),
        }
    }
}

/// Project ids in one create request.
pub(crate) const MAX_PROJECT_IDS: usize = 1000;
/// Bytes of an id.
pub(crate) const MAX_ID_BYTES: usize = 512;
/// Permissions on a page.
pub(crate) const MAX_PAGE: u32 = 100;
/// Permissions on a page when the request names no limit.
pub(crate) const DEFAULT_PAGE: u32 = 10;
