use std::collections::HashSet;

use crate::metadata::Metadata;
use crate::model::{Permission, ProjectId};

/// The permissions that exist after a create: one per project, in the order of the request.
#[derive(Clone, Debug, Default)]
pub struct Created {
    pub(super) permissions: Vec<Permission>,
    /// The projects that had a permission before. `None` without `read_first`.
    pub(super) existing: Option<HashSet<ProjectId>>,
    pub(super) metadata: Metadata,
}

impl Created {
    /// Returns the permissions, new and existing ones.
    pub fn iter(&self) -> impl Iterator<Item = &Permission> {
        self.permissions.iter()
    }

    /// Returns the permissions that did not exist before. `None` unless
    /// [`Create::read_first`](crate::Create::read_first) is set, because the API's response does not show it.
    #[must_use]
    pub fn new_permissions(&self) -> Option<Vec<&Permission>> {
        let existing = self.existing.as_ref()?;
        let is_new = |permission: &&Permission| !existing.contains(&permission.project_id);
        Some(self.iter().filter(is_new).collect())
    }

    /// Returns the permissions by value.
    #[must_use]
    pub fn into_permissions(self) -> Vec<Permission> {
        self.permissions
    }

    /// Returns the number of permissions.
    #[must_use]
    pub fn len(&self) -> usize {
        self.permissions.len()
    }

    /// Returns whether there is no permission.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.permissions.is_empty()
    }

    /// Returns the metadata of the last successful create request. Empty if none was sent, because all permissions
    /// existed.
    #[must_use]
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }
}
