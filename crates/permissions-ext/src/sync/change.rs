use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::desired_state::CheckpointDrift;
use crate::model::{CheckpointId, Permission, PermissionId, ProjectId};

/// The part of a [`Plan`](super::Plan) for one checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct CheckpointPlan {
    /// The checkpoint.
    pub checkpoint: CheckpointId,
    /// Projects that have no permission and should receive one, sorted.
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

impl CheckpointPlan {
    pub(super) fn new(drift: CheckpointDrift) -> Self {
        Self {
            checkpoint: drift.checkpoint,
            create: drift.missing,
            delete: drift.extra.iter().map(PermissionRef::from).collect(),
            unchanged: drift.unchanged.iter().map(PermissionRef::from).collect(),
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

    /// Returns a difference between the live state and the state that the plan expects, if there is one. Changes of
    /// the plan that an interrupted apply has already made are not differences.
    pub(super) fn unexpected(&self, live: &BTreeMap<PermissionId, Permission>) -> Option<String> {
        let create: BTreeSet<&ProjectId> = self.create.iter().collect();
        let planned: BTreeSet<&PermissionRef> = self.delete.iter().chain(&self.unchanged).collect();
        let mut received = live.values().map(PermissionRef::from);
        let received =
            received.find(|it| !create.contains(&it.project_id) && !planned.contains(it));
        let is_live = |it: &PermissionRef| {
            let permission = live.get(&it.permission_id);
            permission.is_some_and(|permission| permission.project_id == it.project_id)
        };
        let lost = || self.unchanged.iter().find(|it| !is_live(it));
        let (permission, verb) = match (&received, lost) {
            (Some(received), _) => (received, "received"),
            (None, lost) => (lost()?, "lost"),
        };
        Some(format!(
            "project {} has {verb} permission {}",
            permission.project_id, permission.permission_id
        ))
    }

    /// Returns the first contradiction between the changes. A plan that was edited by hand may contain a contradiction.
    pub(super) fn contradiction(&self) -> Option<String> {
        let mut create = BTreeSet::new();
        if let Some(twice) = self.create.iter().find(|it| !create.insert(*it)) {
            return Some(format!("creates a permission for project {twice} twice"));
        }
        let unchanged: BTreeSet<&PermissionRef> = self.unchanged.iter().collect();
        self.delete.iter().find_map(|permission| {
            let project_id = &permission.project_id;
            if create.contains(project_id) {
                Some(format!(
                    "creates and deletes a permission for project {project_id}"
                ))
            } else if unchanged.contains(permission) {
                let permission_id = &permission.permission_id;
                Some(format!("keeps and deletes permission {permission_id}"))
            } else {
                None
            }
        })
    }
}
