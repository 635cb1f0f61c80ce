#![doc = include_str!("../README.md")]
//!
//! # In tests
//!
//! See [`testing_your_code`].
//!
//! ```
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use permissions_server::Server;
//!
//! let server = Server::start().await?;
//! // Point a client at `server.base_url()` with the key `server.admin_key()`.
//! assert!(server.base_url().ends_with("/v1"));
//! server.shutdown().await;
//! # Ok(())
//! # }
//! ```

mod clock;
mod command;
mod connections;
mod error;
mod faults;
mod http;
mod id;
mod keys;
mod limits;
mod metrics;
mod rate;
mod record;
mod server;
mod store;
mod stored_ids;
#[doc = include_str!("testing_your_code.md")]
pub mod testing_your_code {}

pub use command::{LogFormat, ServeArgs, serve};
pub use error::StartError;
pub use faults::{Fault, Faults, InvalidFault};
pub use limits::Limits;
pub use record::RecordedRequest;
pub use server::{Server, ServerBuilder};
pub use store::Database;
pub use stored_ids::{StoredIds, stored_ids};
