//! Share fine-tuned checkpoints with projects: complete lists, permissions created exactly once, errors that help.
//!
//! ```no_run
//! use permissions_ext::{CheckpointId, Client};
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let client = Client::from_env()?; // OPENAI_ADMIN_KEY
//! let checkpoint: CheckpointId = "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd".parse()?;
//! let permissions = client.permissions(&checkpoint);
//!
//! permissions.create(["proj_forecast".parse()?, "proj_maps".parse()?]).send().await?;
//!
//! let mut all = permissions.list().stream();
//! while let Some(permission) = all.next().await {
//!     println!("{}", permission?.project_id);
//! }
//!
//! permissions.delete_project(&"proj_maps".parse()?).send().await?;
//! # Ok(())
//! # }
//! ```
//!
//! * [`Client`] is access to the API; [`Permissions`] are those of one checkpoint: [`list`](Permissions::list),
//!   [`create`](Permissions::create), [`delete`](Permissions::delete).
//! * [`Error`] is whatever can go wrong, [`CallOptions`] and [`RetryPolicy`] what a call may wish for.
//! * [`Client::plan`] and [`Client::apply`] go from who shall have access to who has; [`Client::audit`] reads many
//!   checkpoints at once.
//! * The [`guide`] explains pagination, retries, what exactly-once means, how to test, and what is different from other
//!   SDKs.
//!
//! What happens is told through `tracing`, at the level debug: a span `call` for each request of a call, a span
//! `http_request` for each attempt, an event for each that fails. None of it holds a secret. For metrics there is
//! [`ClientBuilder::observer`].
#![warn(
    clippy::exhaustive_enums,
    clippy::exhaustive_structs,
    clippy::must_use_candidate,
    clippy::return_self_not_must_use,
    reason = "what may grow can do so in a minor release, and what does nothing by itself says so"
)]

mod action;
mod audit;
#[cfg(feature = "blocking")]
pub mod blocking;
mod client;
mod create;
mod delete;
mod error;
mod event;
mod http_client;
mod key;
mod list;
mod metadata;
mod options;
mod parallel;
mod permissions;
mod sync;
mod transport;

#[doc = include_str!("../docs/guide.md")]
pub mod guide {}

pub use permissions_api::ids::{CheckpointId, InvalidId, PermissionId, ProjectId};
pub use permissions_api::types::{Order, Permission};
pub use secrecy::SecretString;

pub use crate::audit::{
    Access, Audit, AuditProgress, AuditStream, Audited, CheckpointDrift, Drift, DriftRow,
    DriftState, Matrix, MatrixRow, Report, ReportRow,
};
pub use crate::client::{Client, ClientBuilder};
pub use crate::create::{Create, Created};
pub use crate::delete::{Delete, DeleteProject, Deleted};
pub use crate::error::Error;
pub use crate::event::Event;
pub use crate::list::{List, Page, PageStream, PermissionStream, Position};
pub use crate::metadata::{Metadata, RateLimit};
pub use crate::options::CallOptions;
pub use crate::permissions::Permissions;
pub use crate::sync::{
    Applied, Apply, Change, CheckpointPlan, Desired, Grant, NotStarted, Outcome, Plan, Planning,
    Step,
};
pub use crate::transport::{Attempt, RetryPolicy};
