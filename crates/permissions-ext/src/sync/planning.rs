use std::collections::BTreeSet;

use super::live::Live;
use super::{CONCURRENCY, CheckpointPlan, Desired, Goal, Plan};
use crate::options::RequestOptions;
use crate::{CheckpointId, Client, Error, ProjectId, parallel};

/// A plan to be made; [`send`](Self::send) reads the live state and makes it.
#[derive(Clone, Debug)]
#[must_use = "nothing is read before `send`"]
pub struct Planning {
    client: Client,
    wish: Wish,
    concurrency: usize,
    options: RequestOptions,
}

/// What the plan shall lead to.
#[derive(Clone, Debug)]
pub(super) enum Wish {
    /// Something for each checkpoint on its own, every checkpoint once.
    Each(Vec<(CheckpointId, Goal)>),
    /// The projects of one checkpoint have access to another, and keep what they have.
    Copy {
        from: CheckpointId,
        to: CheckpointId,
    },
    /// The projects of one checkpoint have access to another instead.
    Move {
        from: CheckpointId,
        to: CheckpointId,
    },
}

impl Planning {
    pub(super) fn new(client: Client, wish: Wish) -> Self {
        Self {
            client,
            wish,
            concurrency: CONCURRENCY,
            options: RequestOptions::default(),
        }
    }

    /// How many checkpoints are read at a time, at least 1; 8 unless set.
    pub fn concurrency(mut self, requests: usize) -> Self {
        self.concurrency = requests.max(1);
        self
    }

    /// Reads the live state of every checkpoint and compares.
    ///
    /// # Errors
    ///
    /// Where the permissions of any checkpoint cannot be read: a plan on half the truth would be a wrong one.
    pub async fn send(self) -> Result<Plan, Error> {
        let live = Live::new(&self.client, &self.options);
        match self.wish {
            Wish::Each(goals) => {
                let parts: Vec<_> = goals.into_iter().map(|goal| part(&live, goal)).collect();
                Ok(Plan::new(parallel::try_all(parts, self.concurrency).await?))
            }
            Wish::Copy { from, to } => takeover(&live, from, to, false).await,
            Wish::Move { from, to } => takeover(&live, from, to, true).await,
        }
    }
}

impl Wish {
    pub(super) fn desired(desired: Desired) -> Self {
        let goals = desired.into_iter();
        Self::Each(
            goals
                .map(|(checkpoint, projects)| (checkpoint, Goal::Exactly(projects)))
                .collect(),
        )
    }

    pub(super) fn without(
        project_id: ProjectId,
        checkpoints: impl IntoIterator<Item = CheckpointId>,
    ) -> Self {
        let goal = Goal::Excluding(BTreeSet::from([project_id]));
        let checkpoints: BTreeSet<CheckpointId> = checkpoints.into_iter().collect();
        Self::Each(
            checkpoints
                .into_iter()
                .map(|checkpoint| (checkpoint, goal.clone()))
                .collect(),
        )
    }
}

async fn part(
    live: &Live<'_>,
    (checkpoint, goal): (CheckpointId, Goal),
) -> Result<CheckpointPlan, Error> {
    let permissions = live.read(&checkpoint, goal.only()).await?;
    Ok(CheckpointPlan::new(checkpoint, &goal, permissions))
}

/// The projects of one checkpoint get access to another, and lose the one they have where it is a move.
async fn takeover(
    live: &Live<'_>,
    from: CheckpointId,
    to: CheckpointId,
    moves: bool,
) -> Result<Plan, Error> {
    let permissions = live.read(&from, None).await?;
    if from == to {
        // Already where it shall be: to delete anything would be to lose it.
        return Ok(Plan::new(vec![CheckpointPlan::new(
            from,
            &Goal::AsIs,
            permissions,
        )]));
    }
    let projects = permissions
        .iter()
        .map(|permission| permission.project_id.clone())
        .collect();
    let target = part(live, (to, Goal::Including(projects))).await?;
    let goal = if moves {
        Goal::Exactly(BTreeSet::new())
    } else {
        Goal::AsIs
    };
    let source = CheckpointPlan::new(from, &goal, permissions);
    Ok(Plan::new(vec![source, target]))
}
