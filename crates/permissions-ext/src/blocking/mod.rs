//! The same client for programs without a runtime: every call returns when it is done.
//!
//! ```
//! use permissions_ext::blocking::Client;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let runtime = tokio::runtime::Runtime::new()?;
//! # let server = runtime.block_on(permissions_server::Server::start())?;
//! let client = Client::builder()
//!     .admin_key(server.admin_key())
//!     .base_url(server.base_url())
//!     .build()?;
//! let permissions = client.permissions(&"ft:gpt-4o-mini:org:weather:1".parse()?);
//!
//! permissions.create(["proj_forecast".parse()?, "proj_maps".parse()?]).send()?;
//! for permission in permissions.list() {
//!     println!("{}", permission?.project_id);
//! }
//! permissions.delete_project(&"proj_maps".parse()?).send()?;
//! # Ok(())
//! # }
//! ```
//!
//! Names and promises are those of the asynchronous client, which each of these wraps. A thread in the background
//! looks after connections and time; it is started with a client, and ends with its last clone.
//!
//! # Within a runtime
//!
//! A call may be made on any thread that is allowed to wait, such as one of `tokio::task::spawn_blocking`, or within
//! `tokio::task::block_in_place`. Straight from an asynchronous task it would hold the runtime up; there it does
//! nothing and returns an error of which [`Error::is_would_block`](crate::Error::is_would_block) is true.

/// Setters of the wrapped builder.
macro_rules! forward {
    ($wrapped:ident { $($method:ident($($argument:ident: $type:ty),*);)* }) => {$(
        #[doc = concat!("As [`", stringify!($wrapped), "::", stringify!($method), "`](crate::",
            stringify!($wrapped), "::", stringify!($method), ").")]
        pub fn $method(mut self, $($argument: $type),*) -> Self {
            self.inner = self.inner.$method($($argument),*);
            self
        }
    )*};
}

mod audit;
mod client;
mod list;
mod permissions;
mod runtime;
mod sync;

pub use self::audit::{Audit, AuditStream};
pub use self::client::{Client, ClientBuilder};
pub use self::list::{List, Page, PageStream, PermissionStream};
pub use self::permissions::{Create, Delete, DeleteProject, Permissions};
pub use self::sync::{Apply, Planning};
