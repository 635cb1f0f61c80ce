//! What every request of the generated client goes through.
//!
//! The wishes of a single call travel with it in a [`CallContext`], and what was seen of the answer travels back the
//! same way: an error of the generated client about a body that does not decode no longer knows the status and the
//! headers it came with. Who sends is a [`Transport`].

mod context;
mod request;
mod send;
mod transport;

pub use self::context::{CallContext, DEFAULT_BODY_LIMIT, Observed};
pub use self::transport::{BoxError, Sending, Transport};
