//! Injected faults, which test the retries of clients.

mod schedule;
mod text;

use std::time::Duration;

pub use schedule::Faults;
pub use text::InvalidFault;

/// A fault to inject into one request.
///
/// The header `x-fault` contains a fault as text: `status=503`, `delay=250ms`, `drop`, `drop-after`, `truncate`,
/// `oversize=BYTES`.
///
/// ```
/// use permissions_server::Fault;
///
/// assert_eq!("status=503".parse(), Ok(Fault::Status(503)));
/// assert!("status=teapot".parse::<Fault>().is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// Responds with this status, 400 to 599, without executing the operation.
    Status(u16),
    /// Waits before executing the operation.
    Delay(Duration),
    /// Drops the connection without executing the operation.
    Drop,
    /// Executes the operation and drops the connection, so that the result is ambiguous for the client.
    DropAfter,
    /// Executes the operation and sends half of the response body.
    Truncate,
    /// Executes the operation and pads the response body with spaces to this size in bytes.
    Oversize(usize),
}
