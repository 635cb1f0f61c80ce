use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::Comparison;
use crate::model::{CheckpointId, Permission, PermissionId, ProjectId};

/// The part of a [`Plan`](super::Plan) for one checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct CheckpointPlan {
    /// The checkpoint.
    pub checkpoint: CheckpointId,
    /// Projects without a permission that should have one, sorted.
    pub create: Vec<ProjectId>,
    /// Permissions to delete, sorted by project.
    pub delete: Vec<PermissionRef>,
    /// Permissions to keep, sorted by project.
    pub unchanged: Vec<PermissionRef>,
}

/// A permission in a plan.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct PermissionRef {
    /// The project that may use the checkpoint.
    pub project_id: ProjectId,
    /// Id of the permission.
    pub permission_id: PermissionId,
}

/// One change of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "change", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Change {
    /// Create a permission.
    Create {
        /// The project that receives the permission.
        project_id: ProjectId,
    },
    /// Delete a permission.
    Delete {
        /// The project that loses the permission.
        project_id: ProjectId,
        /// The permission to delete.
        permission_id: PermissionId,
    },
}

impl Change {
    /// Returns the project that receives or loses the permission.
    #[must_use]
    pub fn project_id(&self) -> &ProjectId {
        match self {
            Self::Create { project_id } | Self::Delete { project_id, .. } => project_id,
        }
    }
}

impl From<PermissionRef> for Change {
    fn from(permission: PermissionRef) -> Self {
        Self::Delete {
            project_id: permission.project_id,
            permission_id: permission.permission_id,
        }
    }
}

impl From<&Permission> for PermissionRef {
    fn from(permission: &Permission) -> Self {
        Self {
            project_id: permission.project_id.clone(),
            permission_id: permission.id.clone(),
        }
    }
}

/// The changes of a [`CheckpointPlan`] that are not done yet, and the permissions to create that already exist.
#[derive(Debug, Default)]
pub(super) struct Remaining {
    /// Permissions to create that exist, for example because an earlier apply was interrupted.
    pub(super) existing: BTreeMap<ProjectId, Permission>,
    /// Permissions to delete that exist.
    pub(super) to_delete: BTreeSet<PermissionRef>,
}

impl Remaining {
    /// Returns all changes of a plan.
    pub(super) fn all(plan: &CheckpointPlan) -> Self {
        Self {
            existing: BTreeMap::new(),
            to_delete: plan.delete.iter().cloned().collect(),
        }
    }
}

impl CheckpointPlan {
    pub(super) fn new(
        checkpoint: CheckpointId,
        desired: &BTreeSet<ProjectId>,
        live: Vec<Permission>,
    ) -> Self {
        let live = Comparison::new(desired, live);
        Self {
            checkpoint,
            create: live.missing,
            delete: live.extra.iter().map(PermissionRef::from).collect(),
            unchanged: live.unchanged.iter().map(PermissionRef::from).collect(),
        }
    }

    /// Returns the changes: first the permissions to create, then those to delete.
    pub fn changes(&self) -> impl Iterator<Item = Change> {
        let create = self.create.iter().cloned();
        let delete = self.delete.iter().cloned();
        create
            .map(|project_id| Change::Create { project_id })
            .chain(delete.map(Change::from))
    }

    /// Returns whether the changes delete all permissions of the checkpoint and create none.
    #[must_use]
    pub fn empties(&self) -> bool {
        !self.delete.is_empty() && self.unchanged.is_empty() && self.create.is_empty()
    }

    /// Compares the plan with the live state. Fails with the first difference that the plan does not contain. Changes
    /// of the plan may have been made already, because an apply may have been interrupted.
    pub(super) fn compare(&self, live: Vec<Permission>) -> Result<Remaining, String> {
        let create: BTreeSet<&ProjectId> = self.create.iter().collect();
        let delete: BTreeSet<&PermissionRef> = self.delete.iter().collect();
        let mut expected: BTreeSet<&PermissionRef> = self.unchanged.iter().collect();
        let mut remaining = Remaining::default();
        for permission in live {
            let reference = PermissionRef::from(&permission);
            let PermissionRef {
                project_id,
                permission_id,
            } = &reference;
            if delete.contains(&reference) {
                remaining.to_delete.insert(reference);
            } else if create.contains(project_id) {
                remaining.existing.insert(project_id.clone(), permission);
            } else if !expected.remove(&reference) {
                return Err(format!(
                    "project {project_id} has received permission {permission_id}"
                ));
            }
        }
        match expected.first() {
            None => Ok(remaining),
            Some(PermissionRef {
                project_id,
                permission_id,
            }) => Err(format!(
                "project {project_id} has lost permission {permission_id}"
            )),
        }
    }

    /// Returns the first contradiction between the changes. A plan that was edited by hand may contain one.
    pub(super) fn contradiction(&self) -> Option<String> {
        let mut create = BTreeSet::new();
        if let Some(twice) = self.create.iter().find(|it| !create.insert(*it)) {
            return Some(format!("creates a permission for project {twice} twice"));
        }
        let unchanged: BTreeSet<&PermissionRef> = self.unchanged.iter().collect();
        self.delete.iter().find_map(|permission| {
            let PermissionRef {
                project_id,
                permission_id,
            } = permission;
            if create.contains(project_id) {
                return Some(format!(
                    "creates and deletes a permission for project {project_id}"
                ));
            }
            unchanged
                .contains(permission)
                .then(|| format!("keeps and deletes permission {permission_id}"))
        })
    }
}
