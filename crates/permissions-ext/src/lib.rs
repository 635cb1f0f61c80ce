#![doc = include_str!("../README.md")]
#![warn(
    clippy::exhaustive_enums,
    clippy::exhaustive_structs,
    clippy::must_use_candidate,
    clippy::return_self_not_must_use,
    reason = "public types may gain fields and variants in a minor release, and the compiler warns about unused requests"
)]

mod action;
pub mod audit;
#[cfg(feature = "blocking")]
pub mod blocking;
mod bulk;
mod client;
mod create;
mod delete;
mod error;
mod event;
mod http_client;
mod key;
mod list;
mod metadata;
mod model;
mod options;
mod permissions;
mod progress;
mod projects;
mod redact;
mod retry_policy;
pub mod sync;
mod transport;

#[doc = include_str!("../docs/guide.md")]
pub mod guide {}

pub use secrecy::SecretString;

pub use crate::client::{Client, ClientBuilder};
pub use crate::create::{Create, Created};
pub use crate::delete::{Delete, DeleteProject, Deleted};
pub use crate::error::{Attempt, Error, ErrorKind};
pub use crate::event::Event;
pub use crate::list::{Item, ItemStream, List, Page, PageStream, Position};
pub use crate::metadata::{Metadata, RateLimit};
pub use crate::model::{
    CheckpointId, InvalidId, Order, Permission, PermissionId, Project, ProjectId,
};
pub use crate::permissions::Permissions;
pub use crate::progress::Progress;
pub use crate::retry_policy::RetryPolicy;
