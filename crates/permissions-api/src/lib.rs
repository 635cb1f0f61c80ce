//! Generated client for the checkpoint-permission operations of the OpenAI API: list, create and delete.
//!
//! This crate is the wire: one request for each call, every status as it came. For pages, retries and errors that
//! help, use `permissions-ext`, which is built on it.
//!
//! ```no_run
//! use permissions_api::{Client, hooks::CallContext, types::Order};
//!
//! # async fn run(key: &str) -> Result<(), Box<dyn std::error::Error>> {
//! let context = CallContext::new().header("authorization".parse()?, format!("Bearer {key}").parse()?);
//! let client = Client::new_with_client("https://api.openai.com/v1", reqwest::Client::new(), context);
//! let page = client
//!     .list_checkpoint_permissions()
//!     .fine_tuned_model_checkpoint("ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd")
//!     .order(Order::Ascending)
//!     .limit(100)
//!     .send()
//!     .await?;
//! for permission in &page.data {
//!     println!("{} may use it", permission.project_id);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! * An id ([`types::CheckpointId`], [`types::PermissionId`], [`types::ProjectId`]) that is empty, `.` or `..` is
//!   refused when it is made: in a URL it would lead to another route.
//! * Only the successful answer has a type. Any other status is [`Error::UnexpectedResponse`] with the untouched
//!   response in it.
//! * [`hooks::CallContext`] carries headers, query, time-out and body limit of a call.
#![cfg_attr(doctest, doc = include_str!("../README.md"))]

#[rustfmt::skip]
#[allow(missing_docs, missing_debug_implementations, unreachable_pub, clippy::all, clippy::unwrap_used)]
mod generated;
pub mod hooks;

pub use generated::*;
