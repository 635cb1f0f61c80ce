//! Limits of requests and connections.

use std::time::Duration;

/// Limits of requests and connections. The defaults suit a server that is reachable from the internet.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Limits {
    /// Size of a request body. Larger bodies get status 413. Default: 4 MiB, enough for 1,000 of the longest ids with every
    /// character escaped.
    pub body_bytes: usize,
    /// Size of the request line plus the headers. Requests that exceed this size get status 431. Default: 32 KiB.
    pub header_bytes: usize,
    /// Time for receiving a body. Slower bodies get status 408. Default: 10 seconds.
    pub body_time: Duration,
    /// Average rate at which a body must arrive after the first 2 seconds, in bytes per second. Slower bodies get status
    /// 408. Default: 1024.
    pub body_bytes_per_second: u32,
    /// Time in which the headers of the next request must arrive, from the start of the connection or from the last
    /// response. After this time, the connection is closed. Default: 60 seconds.
    pub idle_time: Duration,
    /// Time for a complete request. Slower requests get status 503. Default: 30 seconds.
    pub request_time: Duration,
    /// Maximum number of connections that may receive request bodies at the same time. If the maximum exceeds the
    /// number of file descriptors minus 64, the server lowers the maximum to that number. A few more connections are
    /// reserved for requests without a body. If all connections are open, including the reserved ones, a new connection
    /// evicts the connection that has been idle longest, or waits until a connection becomes idle. Default: 8192.
    pub connections: usize,
    /// Time for accepted requests to finish when the server stops. Default: 10 seconds.
    pub shutdown_time: Duration,
    /// Time during which idle connections stay open when the server stops. A request in this time gets a response with
    /// `connection: close`. Default: 1 second.
    pub keep_alive_grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 4 << 20,
            header_bytes: 32 << 10,
            body_time: Duration::from_secs(10),
            body_bytes_per_second: 1024,
            idle_time: Duration::from_secs(60),
            request_time: Duration::from_secs(30),
            connections: 8192,
            shutdown_time: Duration::from_secs(10),
            keep_alive_grace: Duration::from_secs(1),
        }
    }
}

/// Maximum number of project ids in a create request.
pub(crate) const MAX_PROJECT_IDS: usize = 1000;
/// Maximum size of an id.
pub(crate) const MAX_ID_BYTES: usize = 512;
/// Maximum number of items on a page.
pub(crate) const MAX_PAGE_SIZE: u32 = 100;
/// Number of permissions on a page if the request does not set `limit`.
pub(crate) const DEFAULT_PAGE_SIZE: u32 = 10;
/// Number of projects on a page if the request does not set `limit`.
pub(crate) const DEFAULT_PROJECT_PAGE_SIZE: u32 = 20;
