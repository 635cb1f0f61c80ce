use std::fmt;

use permissions_api as api;
pub use permissions_api::ids::{CheckpointId, InvalidId, PermissionId, ProjectId};
use serde::{Deserialize, Serialize};

/// A permission: one project may use one checkpoint.
///
/// A permission does not contain the checkpoint, because the API lists permissions per checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Permission {
    /// Id of the permission, such as `cp_zc4Q7MP6XxulcVzj4MZdwsAB`.
    pub id: PermissionId,
    /// Creation time in seconds since 1970-01-01 00:00 UTC.
    pub created_at: i64,
    /// The project that may use the checkpoint.
    pub project_id: ProjectId,
}

/// A project of the organization.
///
/// Only the id identifies a project, because several projects may have the same name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Project {
    /// Id of the project, such as `proj_abGMw1llN8IrBb6SvvY5A1iH`.
    pub id: ProjectId,
    /// Name of the project.
    pub name: Option<String>,
    /// Status of the project: `active` or `archived`.
    pub status: Option<String>,
    /// Creation time in seconds since 1970-01-01 00:00 UTC.
    pub created_at: i64,
    /// Time when the project was archived, in seconds since 1970-01-01 00:00 UTC.
    pub archived_at: Option<i64>,
}

/// The order of a list, by creation time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(
    clippy::exhaustive_enums,
    reason = "the API defines exactly two orders"
)]
pub enum Order {
    /// Oldest first.
    Ascending,
    /// Newest first. This is the API's default.
    Descending,
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

impl Permission {
    pub(crate) fn from_api(permission: api::types::Permission) -> Self {
        Self {
            id: permission.id,
            created_at: permission.created_at,
            project_id: permission.project_id,
        }
    }
}

impl Project {
    /// Returns whether the project is archived.
    #[must_use]
    pub fn is_archived(&self) -> bool {
        self.archived_at.is_some() || self.status.as_deref() == Some("archived")
    }

    pub(crate) fn from_api(project: api::types::Project) -> Self {
        Self {
            id: project.id,
            name: project.name,
            status: project.status,
            created_at: project.created_at,
            archived_at: project.archived_at,
        }
    }
}

impl Order {
    pub(crate) fn to_api(self) -> api::types::Order {
        match self {
            Self::Ascending => api::types::Order::Ascending,
            Self::Descending => api::types::Order::Descending,
        }
    }
}
