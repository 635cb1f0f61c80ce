//! Generated client for the checkpoint-permission operations of the OpenAI API.

#[rustfmt::skip]
#[allow(missing_docs, missing_debug_implementations, unreachable_pub, clippy::all, clippy::unwrap_used)]
mod generated;
pub mod hooks;

pub use generated::*;
