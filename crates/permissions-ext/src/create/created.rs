use std::collections::HashMap;

use super::origin::Origin;
use crate::metadata::Metadata;
use crate::{Permission, ProjectId};

/// The permissions that a `create` leaves in place, in the order the projects were named, each project once.
#[derive(Clone, Debug, Default)]
pub struct Created {
    permissions: Vec<(Permission, Origin)>,
    metadata: Metadata,
}

impl Created {
    pub(super) fn new(
        wanted: &[ProjectId],
        mut settled: HashMap<ProjectId, (Permission, Origin)>,
        metadata: Metadata,
    ) -> Self {
        let permissions = wanted
            .iter()
            .filter_map(|project_id| settled.remove(project_id))
            .collect();
        Self {
            permissions,
            metadata,
        }
    }

    /// What this call created, as far as it can tell without reading first; see
    /// [`Create::read_first`](crate::Create::read_first).
    pub fn created(&self) -> impl Iterator<Item = &Permission> {
        self.with(Origin::ThisCall)
    }

    /// What was there before, as far as the call can tell without reading first.
    pub fn existing(&self) -> impl Iterator<Item = &Permission> {
        self.with(Origin::Before)
    }

    /// All of them, in the order the projects were named.
    pub fn iter(&self) -> impl Iterator<Item = &Permission> {
        self.permissions.iter().map(|(permission, _)| permission)
    }

    /// Takes all of them out, in the order the projects were named.
    #[must_use]
    pub fn into_permissions(self) -> Vec<Permission> {
        self.permissions
            .into_iter()
            .map(|(permission, _)| permission)
            .collect()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.permissions.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.permissions.is_empty()
    }

    /// What came with the last answer that created something.
    #[must_use]
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    fn with(&self, origin: Origin) -> impl Iterator<Item = &Permission> {
        self.permissions
            .iter()
            .filter(move |(_, from)| *from == origin)
            .map(|(permission, _)| permission)
    }
}
