use std::fmt;

use serde::Serialize;
use serde::ser::{SerializeStruct as _, Serializer};

use super::Change;
use crate::error::Error;
use crate::model::{CheckpointId, Permission};

/// The outcome of every change of a plan, returned by [`Apply::send`](super::Apply::send).
///
/// `Display` writes how many changes were applied. Serializes as an object with `complete`, the numbers `changed`,
/// `done`, `failed` and `skipped`, and the list `changes`.
#[derive(Clone, Debug)]
#[must_use = "a change may have failed"]
pub struct Applied {
    pub(super) changes: Vec<AppliedChange>,
}

/// The outcome of one change.
///
/// Serializes as an object with `checkpoint`, `change` (`create` or `delete`), `project_id`, `permission_id` if there
/// is one, `outcome` (see [`Outcome::name`]), and `error` or `reason` if the change was not made.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct AppliedChange {
    /// The checkpoint.
    pub checkpoint: CheckpointId,
    /// The change.
    pub change: Change,
    /// The outcome.
    pub outcome: Outcome,
}

/// The outcome of a change.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Outcome {
    /// The permission was created.
    Created(Permission),
    /// The plan creates this permission, but it already existed.
    Existing(Permission),
    /// The permission was deleted.
    Deleted,
    /// The permission to delete no longer existed.
    AlreadyGone,
    /// The request failed. All changes of the request have the same error.
    Failed(Error),
    /// The change was not requested.
    Skipped(SkipReason),
}

/// The reason why a change was not requested.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SkipReason {
    /// A create for the same checkpoint or the same project has not succeeded. A delete could then leave the project
    /// with access to neither the old nor the new checkpoint.
    CreateFailed,
    /// Another change failed with an error that affects all changes: the key was rejected, the quota is used up, or
    /// the deadline has passed.
    Aborted,
    /// The future of [`Apply::stop_when`](super::Apply::stop_when) completed.
    Stopped,
}

impl Applied {
    /// Returns every change with its outcome, in the order of the plan.
    #[must_use]
    pub fn changes(&self) -> &[AppliedChange] {
        &self.changes
    }

    /// Returns whether every change is done.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.unfinished().next().is_none()
    }

    /// Returns the failed and skipped changes. To retry them, apply the same plan again.
    pub fn unfinished(&self) -> impl Iterator<Item = &AppliedChange> {
        self.changes.iter().filter(|it| !it.outcome.is_done())
    }

    /// Returns the number of changes that are done. The changes may have been made by this call or by an earlier call.
    #[must_use]
    pub fn done(&self) -> usize {
        self.count(Outcome::is_done)
    }

    /// Returns the number of permissions that this call created or deleted. Returns 0 if every change was done before.
    #[must_use]
    pub fn changed(&self) -> usize {
        self.count(|outcome| matches!(outcome, Outcome::Created(_) | Outcome::Deleted))
    }

    /// Returns the number of failed changes.
    #[must_use]
    pub fn failed(&self) -> usize {
        self.count(|outcome| matches!(outcome, Outcome::Failed(_)))
    }

    /// Returns the number of skipped changes.
    #[must_use]
    pub fn skipped(&self) -> usize {
        self.count(|outcome| matches!(outcome, Outcome::Skipped(_)))
    }

    fn count(&self, test: impl Fn(&Outcome) -> bool) -> usize {
        self.changes.iter().filter(|it| test(&it.outcome)).count()
    }
}

impl Outcome {
    /// Returns whether the change is done. The change may have been made by this call or by an earlier call.
    #[must_use]
    pub fn is_done(&self) -> bool {
        !matches!(self, Self::Failed(_) | Self::Skipped(_))
    }

    /// Returns the error of a failed change.
    #[must_use]
    pub fn error(&self) -> Option<&Error> {
        match self {
            Self::Failed(error) => Some(error),
            _ => None,
        }
    }

    /// Returns `created`, `existing`, `deleted`, `already_gone`, `failed` or `skipped`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Created(_) => "created",
            Self::Existing(_) => "existing",
            Self::Deleted => "deleted",
            Self::AlreadyGone => "already_gone",
            Self::Failed(_) => "failed",
            Self::Skipped(_) => "skipped",
        }
    }
}

impl fmt::Display for Applied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (changed, total) = (self.changed(), self.changes.len());
        if self.is_complete() && changed == 0 {
            return f.write_str("nothing to do");
        }
        write!(f, "{changed} of {total} changes applied")?;
        let outcomes = [
            (self.done() - changed, "already done"),
            (self.failed(), "failed"),
            (self.skipped(), "skipped"),
        ];
        for (count, name) in outcomes {
            if count > 0 {
                write!(f, ", {count} {name}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for SkipReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CreateFailed => "a create for the same checkpoint or project has not succeeded",
            Self::Aborted => "another change failed with an error that affects all changes",
            Self::Stopped => "the apply was stopped",
        })
    }
}

impl Serialize for Applied {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Applied", 6)?;
        object.serialize_field("complete", &self.is_complete())?;
        object.serialize_field("changed", &self.changed())?;
        object.serialize_field("done", &self.done())?;
        object.serialize_field("failed", &self.failed())?;
        object.serialize_field("skipped", &self.skipped())?;
        object.serialize_field("changes", &self.changes)?;
        object.end()
    }
}

impl Serialize for AppliedChange {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("AppliedChange", 6)?;
        object.serialize_field("checkpoint", &self.checkpoint)?;
        let (change, deleted) = match &self.change {
            Change::Create { .. } => ("create", None),
            Change::Delete { permission_id, .. } => ("delete", Some(permission_id)),
        };
        object.serialize_field("change", change)?;
        object.serialize_field("project_id", self.change.project_id())?;
        let permission_id = match &self.outcome {
            Outcome::Created(permission) | Outcome::Existing(permission) => Some(&permission.id),
            _ => deleted,
        };
        if let Some(permission_id) = permission_id {
            object.serialize_field("permission_id", permission_id)?;
        }
        object.serialize_field("outcome", self.outcome.name())?;
        match &self.outcome {
            Outcome::Failed(error) => object.serialize_field("error", error)?,
            Outcome::Skipped(reason) => object.serialize_field("reason", reason)?,
            _ => {}
        }
        object.end()
    }
}
