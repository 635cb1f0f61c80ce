//! Faults on request, so that a client's retries can be tested.

mod schedule;
mod text;

use std::time::Duration;

pub use schedule::Faults;
pub use text::InvalidFault;

/// Something that goes wrong with one request.
///
/// As text, in the header `x-fault`: `status=503`, `delay=250ms`, `drop`, `drop-after`, `truncate`,
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
    /// Answers this status, 400 to 599, and does nothing.
    Status(u16),
    /// Waits before the request is looked at.
    Delay(Duration),
    /// Drops the connection and does nothing.
    Drop,
    /// Does what is asked and then drops the connection, so that the client cannot know.
    DropAfter,
    /// Does what is asked and sends half of the answer.
    Truncate,
    /// Does what is asked and lengthens the answer with spaces to this many bytes.
    Oversize(usize),
}
