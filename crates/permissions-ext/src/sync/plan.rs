use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{CheckpointId, Permission, PermissionId, ProjectId};

/// What has to change so that the live state is the desired one; made by [`Client::plan`](crate::Client::plan).
///
/// It holds the live state it was made from, so that [`Client::apply`](crate::Client::apply) can refuse it where that
/// has moved. The same states give the same plan, in the same order; it serialises, to be reviewed and applied later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[must_use = "a plan changes nothing before it is applied"]
pub struct Plan {
    version: Version,
    checkpoints: Vec<CheckpointPlan>,
}

/// The part of a [`Plan`] that is about one checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct CheckpointPlan {
    /// The checkpoint.
    pub checkpoint: CheckpointId,
    /// Projects that shall have access and have none, in order.
    pub create: Vec<ProjectId>,
    /// Permissions of projects that shall have no access, in order of their project.
    pub delete: Vec<Grant>,
    /// Permissions that stay, in order of their project.
    pub unchanged: Vec<Grant>,
}

/// A live permission, as far as a plan is concerned.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// The project that has access.
    pub project_id: ProjectId,
    /// By this permission.
    pub permission_id: PermissionId,
}

/// One change of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// A project gets access.
    Create {
        /// The project.
        project_id: ProjectId,
    },
    /// A project loses access.
    Delete {
        /// The project.
        project_id: ProjectId,
        /// The permission that is deleted.
        permission_id: PermissionId,
    },
}

/// The format of a serialised plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
struct Version;

const VERSION: u32 = 1;

impl Plan {
    pub(super) fn new(mut checkpoints: Vec<CheckpointPlan>) -> Self {
        checkpoints.sort_by(|a, b| a.checkpoint.cmp(&b.checkpoint));
        Self {
            version: Version,
            checkpoints,
        }
    }

    /// Its parts, in order of the checkpoint.
    pub fn checkpoints(&self) -> &[CheckpointPlan] {
        &self.checkpoints
    }

    /// Every change, checkpoint by checkpoint, creations first.
    pub fn changes(&self) -> impl Iterator<Item = (&CheckpointId, Change)> {
        self.checkpoints
            .iter()
            .flat_map(|part| part.changes().map(move |change| (&part.checkpoint, change)))
    }

    /// Whether the live state is the desired one.
    #[must_use]
    pub fn is_in_sync(&self) -> bool {
        self.creations() == 0 && self.deletions() == 0
    }

    /// How many permissions are to be created.
    #[must_use]
    pub fn creations(&self) -> usize {
        self.checkpoints.iter().map(|part| part.create.len()).sum()
    }

    /// How many permissions are to be deleted.
    #[must_use]
    pub fn deletions(&self) -> usize {
        self.checkpoints.iter().map(|part| part.delete.len()).sum()
    }

    /// How many permissions stay.
    #[must_use]
    pub fn unchanged(&self) -> usize {
        self.checkpoints
            .iter()
            .map(|part| part.unchanged.len())
            .sum()
    }

    /// The checkpoints that are left without any access, though they have some now.
    pub fn emptied(&self) -> impl Iterator<Item = &CheckpointId> {
        self.checkpoints
            .iter()
            .filter(|part| part.empties())
            .map(|part| &part.checkpoint)
    }
}

impl CheckpointPlan {
    pub(super) fn new(
        checkpoint: CheckpointId,
        desired: &BTreeSet<ProjectId>,
        live: Vec<Permission>,
    ) -> Self {
        let live = live.into_iter().map(Grant::from);
        let (mut unchanged, mut delete): (Vec<_>, Vec<_>) =
            live.partition(|grant| desired.contains(&grant.project_id));
        unchanged.sort();
        delete.sort();
        let has_access: BTreeSet<&ProjectId> =
            unchanged.iter().map(|grant| &grant.project_id).collect();
        let create = desired
            .iter()
            .filter(|project_id| !has_access.contains(project_id))
            .cloned()
            .collect();
        Self {
            checkpoint,
            create,
            delete,
            unchanged,
        }
    }

    /// Its changes, creations first.
    pub fn changes(&self) -> impl Iterator<Item = Change> {
        let create = self
            .create
            .iter()
            .cloned()
            .map(|project_id| Change::Create { project_id });
        let delete = self.delete.iter().cloned().map(Change::from);
        create.chain(delete)
    }

    fn empties(&self) -> bool {
        !self.delete.is_empty() && self.unchanged.is_empty() && self.create.is_empty()
    }

    /// What is different in the live state from what this part was made from. What the plan itself would do, or has
    /// done in part before it was interrupted, is no difference.
    pub(super) fn moved(&self, live: &[Permission]) -> Option<String> {
        let planned =
            |grant: &Grant| self.delete.contains(grant) || self.create.contains(&grant.project_id);
        let now: BTreeSet<Grant> = live
            .iter()
            .cloned()
            .map(Grant::from)
            .filter(|grant| !planned(grant))
            .collect();
        let then: BTreeSet<Grant> = self.unchanged.iter().cloned().collect();
        if let Some(new) = now.difference(&then).next() {
            return Some(format!(
                "project {} has got {} since",
                new.project_id, new.permission_id
            ));
        }
        then.difference(&now).next().map(|gone| {
            format!(
                "project {} has lost {} since",
                gone.project_id, gone.permission_id
            )
        })
    }
}

impl From<Permission> for Grant {
    fn from(permission: Permission) -> Self {
        Self {
            project_id: permission.project_id,
            permission_id: permission.id,
        }
    }
}

impl From<Grant> for Change {
    fn from(grant: Grant) -> Self {
        Self::Delete {
            project_id: grant.project_id,
            permission_id: grant.permission_id,
        }
    }
}

impl From<Version> for u32 {
    fn from(Version: Version) -> Self {
        VERSION
    }
}

impl TryFrom<u32> for Version {
    type Error = String;

    fn try_from(version: u32) -> Result<Self, Self::Error> {
        if version == VERSION {
            return Ok(Self);
        }
        Err(format!(
            "the plan has format {version}, and this program knows format {VERSION}; make the plan anew"
        ))
    }
}
