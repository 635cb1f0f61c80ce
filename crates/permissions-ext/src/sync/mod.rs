//! Sync: from who should have access to who has, by a plan that can be read first.

mod applied;
mod apply;
mod desired;
mod plan;
mod planning;

pub use self::applied::{Applied, Outcome, Step};
pub use self::apply::Apply;
pub use self::desired::Desired;
pub use self::plan::{Change, CheckpointPlan, Grant, Plan};
pub use self::planning::Planning;

/// How many requests are under way at a time unless set.
const CONCURRENCY: usize = 8;
