use serde::{Deserialize, Serialize};

use crate::{Permission, PermissionId, ProjectId};

/// A live permission, as far as a plan is concerned.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Grant {
    /// The project that has access.
    pub project_id: ProjectId,
    /// By this permission.
    pub permission_id: PermissionId,
}

/// One change of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "change", rename_all = "snake_case")]
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

impl Change {
    /// The project that gets or loses access.
    #[must_use]
    pub fn project_id(&self) -> &ProjectId {
        match self {
            Self::Create { project_id } | Self::Delete { project_id, .. } => project_id,
        }
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
