use std::sync::Arc;

use super::Change;
use crate::{CheckpointId, Error, Permission};

/// What became of a plan, change by change.
#[derive(Clone, Debug)]
#[must_use = "a change may have failed"]
pub struct Applied {
    pub(super) steps: Vec<Step>,
}

/// What became of one change.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Step {
    /// The checkpoint it was for.
    pub checkpoint: CheckpointId,
    /// What was to be done.
    pub change: Change,
    /// What was done.
    pub outcome: Outcome,
}

/// How a change ended.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Outcome {
    /// The permission was created.
    Created(Permission),
    /// The permission to be created was there already.
    Existing(Permission),
    /// The permission was deleted.
    Deleted,
    /// The permission to be deleted was gone already.
    AlreadyGone,
    /// It was tried and failed. One request may carry several changes, which then share their error.
    Failed(Arc<Error>),
    /// It was not tried, because a change of the same checkpoint before it had failed.
    Skipped,
}

impl Applied {
    /// Every change with its outcome, in the order of the plan.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Whether everything is as planned.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.steps.iter().all(|step| step.outcome.is_done())
    }

    /// The changes that failed or were not tried. Making a plan anew and applying it goes on with them.
    pub fn unfinished(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(|step| !step.outcome.is_done())
    }
}

impl Outcome {
    /// Whether the change is in effect.
    #[must_use]
    pub fn is_done(&self) -> bool {
        !matches!(self, Self::Failed(_) | Self::Skipped)
    }

    /// Why it failed.
    #[must_use]
    pub fn error(&self) -> Option<&Error> {
        match self {
            Self::Failed(error) => Some(error),
            _ => None,
        }
    }
}
