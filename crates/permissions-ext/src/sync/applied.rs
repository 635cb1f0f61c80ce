use std::fmt;
use std::sync::Arc;

use serde::ser::{Serialize, SerializeStruct as _, Serializer};

use super::Change;
use crate::{CheckpointId, Error, Permission};

/// What became of a plan, change by change; its text says how many there were and how to go on.
///
/// Serialises as an object with `complete`, the counts `done`, `failed` and `not_started`, and `steps`.
#[derive(Clone, Debug)]
#[must_use = "a change may have failed"]
pub struct Applied {
    pub(super) steps: Vec<Step>,
}

/// What became of one change.
///
/// Serialises as an object with `checkpoint`, `change` (`create` or `delete`), `project_id`, `permission_id` where
/// there is one, `outcome` (`created`, `existing`, `deleted`, `already_gone`, `failed` or `not_started`), and then
/// `error` or `reason`.
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
    /// It was not tried.
    NotStarted(NotStarted),
}

/// Why a change was not tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NotStarted {
    /// A creation that has to come before this deletion failed or was not tried: one for the same checkpoint, or for
    /// the same project elsewhere.
    CreateFirst,
    /// Another change failed in a way that leaves no hope for the others: the key was refused, or no quota is left.
    Refused,
    /// The run was told to stop.
    Stopped,
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

    /// The changes that failed or were not tried. Applying the same plan again goes on with them.
    pub fn unfinished(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(|step| !step.outcome.is_done())
    }

    /// How many changes are in effect.
    #[must_use]
    pub fn done(&self) -> usize {
        self.count(Outcome::is_done)
    }

    /// How many changes were tried and failed.
    #[must_use]
    pub fn failed(&self) -> usize {
        self.count(|outcome| outcome.error().is_some())
    }

    /// How many changes were not tried.
    #[must_use]
    pub fn not_started(&self) -> usize {
        self.count(|outcome| matches!(outcome, Outcome::NotStarted(_)))
    }

    fn count(&self, test: impl Fn(&Outcome) -> bool) -> usize {
        self.steps.iter().filter(|step| test(&step.outcome)).count()
    }
}

impl Outcome {
    /// Whether the change is in effect.
    #[must_use]
    pub fn is_done(&self) -> bool {
        !matches!(self, Self::Failed(_) | Self::NotStarted(_))
    }

    /// Why it failed.
    #[must_use]
    pub fn error(&self) -> Option<&Error> {
        match self {
            Self::Failed(error) => Some(error),
            _ => None,
        }
    }

    /// A word for it, the same in every release: `created`, `existing`, `deleted`, `already_gone`, `failed` or
    /// `not_started`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Created(_) => "created",
            Self::Existing(_) => "existing",
            Self::Deleted => "deleted",
            Self::AlreadyGone => "already_gone",
            Self::Failed(_) => "failed",
            Self::NotStarted(_) => "not_started",
        }
    }
}

impl fmt::Display for Applied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (all, done) = (self.steps.len(), self.done());
        if all == 0 {
            return f.write_str("nothing to change");
        }
        write!(f, "{done} of {all} changes done")?;
        if done < all {
            let (failed, rest) = (self.failed(), self.not_started());
            write!(
                f,
                ", {failed} failed, {rest} not started; apply the same plan again to go on"
            )?;
        }
        Ok(())
    }
}

impl fmt::Display for NotStarted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CreateFirst => "a creation that has to come first is not done",
            Self::Refused => "another change failed in a way that leaves no hope for this one",
            Self::Stopped => "the run was stopped",
        })
    }
}

impl Serialize for Applied {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Applied", 5)?;
        object.serialize_field("complete", &self.is_complete())?;
        object.serialize_field("done", &self.done())?;
        object.serialize_field("failed", &self.failed())?;
        object.serialize_field("not_started", &self.not_started())?;
        object.serialize_field("steps", &self.steps)?;
        object.end()
    }
}

impl Serialize for Step {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (change, deleted) = match &self.change {
            Change::Create { .. } => ("create", None),
            Change::Delete { permission_id, .. } => ("delete", Some(permission_id)),
        };
        let permission_id = match &self.outcome {
            Outcome::Created(permission) | Outcome::Existing(permission) => Some(&permission.id),
            _ => deleted,
        };
        let mut object = serializer.serialize_struct("Step", 7)?;
        object.serialize_field("checkpoint", &self.checkpoint)?;
        object.serialize_field("change", change)?;
        object.serialize_field("project_id", self.change.project_id())?;
        match permission_id {
            Some(permission_id) => object.serialize_field("permission_id", permission_id)?,
            None => object.skip_field("permission_id")?,
        }
        object.serialize_field("outcome", self.outcome.name())?;
        match &self.outcome {
            Outcome::Failed(error) => object.serialize_field("error", error.as_ref())?,
            _ => object.skip_field("error")?,
        }
        match &self.outcome {
            Outcome::NotStarted(reason) => object.serialize_field("reason", &reason.to_string())?,
            _ => object.skip_field("reason")?,
        }
        object.end()
    }
}
