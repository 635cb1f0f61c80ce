//! Generated client for four operations of the OpenAI API: list, create and delete the permissions
//! of a fine-tuned checkpoint, and list the projects of an organization.
//!
//! One call sends one request. Most programs want the crate `permissions-ext`, which adds
//! pagination, retries and one error type.
//!
//! * Create a [`Client`] with [`Client::new_with_client`]. `Client::new` follows redirects and has a
//!   fixed timeout of 15 seconds.
//! * [`ids`] contains the id types. They reject ids that would change the path of a request.
//! * [`hooks::CallContext`] contains the headers, query parameters, timeout and body limit of a call.
//! * A status other than 2xx is [`Error::UnexpectedResponse`], which contains the unread response.

#[rustfmt::skip]
#[allow(missing_docs, missing_debug_implementations, unreachable_pub, clippy::all, clippy::unwrap_used)]
mod generated;
pub mod hooks;
pub mod ids;

pub use generated::*;
