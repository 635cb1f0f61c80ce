//! Sync: from who should have access to who has, by a plan that can be read first.

mod applied;
mod apply;
mod change;
mod checkpoint_plan;
mod desired;
mod goal;
mod halt;
mod live;
mod plan;
mod planning;
mod run;

pub use self::applied::{Applied, NotStarted, Outcome, Step};
pub use self::apply::Apply;
pub use self::change::{Change, Grant};
pub use self::checkpoint_plan::CheckpointPlan;
pub use self::desired::Desired;
use self::goal::Goal;
pub use self::plan::Plan;
pub use self::planning::Planning;
use self::planning::Wish;
use crate::{CheckpointId, Client, ProjectId};

/// How many requests are under way at a time unless set.
const CONCURRENCY: usize = 8;

/// Plans, and what becomes of them.
impl Client {
    /// Compares who has access with who shall have it. Nothing is changed.
    ///
    /// ```
    /// use permissions_ext::sync::Desired;
    ///
    /// # async fn run(client: permissions_ext::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let desired = Desired::new()
    ///     .checkpoint("ft:gpt-4o-mini:org:weather:1".parse()?, ["proj_forecast".parse()?]);
    /// let plan = client.plan(desired).send().await?;
    /// println!("+{} -{}", plan.creations(), plan.deletions());
    /// let applied = client.apply(plan).allow_delete(true).send().await?;
    /// println!("{applied}");
    /// # Ok(())
    /// # }
    /// ```
    pub fn plan(&self, desired: Desired) -> Planning {
        Planning::new(self.clone(), Wish::desired(desired))
    }

    /// A plan by which projects get access to a checkpoint, whoever else has it: a create that can be read first.
    pub fn plan_create(
        &self,
        checkpoint: &CheckpointId,
        project_ids: impl IntoIterator<Item = ProjectId>,
    ) -> Planning {
        let goal = Goal::Including(project_ids.into_iter().collect());
        Planning::new(self.clone(), Wish::Each(vec![(checkpoint.clone(), goal)]))
    }

    /// A plan by which a project loses its access to all of these checkpoints; that of others is not looked at.
    pub fn plan_delete_project(
        &self,
        project_id: &ProjectId,
        checkpoints: impl IntoIterator<Item = CheckpointId>,
    ) -> Planning {
        Planning::new(self.clone(), Wish::without(project_id.clone(), checkpoints))
    }

    /// A plan by which every project that has access to one checkpoint has it to another too.
    pub fn plan_copy(&self, from: &CheckpointId, to: &CheckpointId) -> Planning {
        let (from, to) = (from.clone(), to.clone());
        Planning::new(self.clone(), Wish::Copy { from, to })
    }

    /// A plan by which every project that has access to one checkpoint has it to another instead, as when a model is
    /// replaced by its successor.
    ///
    /// No project is left with neither: it loses the one only once it has got the other. As the first checkpoint is
    /// emptied, [`Apply::allow_delete`] and [`Apply::allow_empty`] are needed.
    pub fn plan_move(&self, from: &CheckpointId, to: &CheckpointId) -> Planning {
        let (from, to) = (from.clone(), to.clone());
        Planning::new(self.clone(), Wish::Move { from, to })
    }

    /// Carries a plan out.
    pub fn apply(&self, plan: Plan) -> Apply {
        Apply::new(self.clone(), plan)
    }
}
