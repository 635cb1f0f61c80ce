//! Declarative management of permissions: a plan compares the desired state with the live state, and is applied after a
//! review.
//!
//! ```
//! use permissions_ext::sync::DesiredState;
//!
//! # async fn run(client: permissions_ext::Client) -> Result<(), permissions_ext::Error> {
//! let desired = DesiredState::new()
//!     .checkpoint("ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd", ["proj_forecast", "proj_maps"])?;
//! let plan = client.plan(desired).send().await?;
//! println!("{} to create, {} to delete", plan.creations(), plan.deletions());
//! let applied = client.apply(plan).allow_delete(true).send().await?;
//! println!("{applied}");
//! # Ok(())
//! # }
//! ```

mod applied;
mod apply;
mod change;
pub(crate) mod desired_state;
mod plan;
mod target;

pub use self::applied::{Applied, AppliedChange, Outcome, SkipReason};
pub use self::apply::Apply;
pub use self::change::{Change, CheckpointPlan, PermissionRef};
pub use self::desired_state::DesiredState;
pub use self::plan::{Plan, PlanRequest};
pub use self::target::Target;

/// Default number of concurrent requests of a plan or an apply. An audit has twice as many, because it does not write.
const CONCURRENCY: usize = 8;
