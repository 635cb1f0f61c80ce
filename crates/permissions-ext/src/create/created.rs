use super::origin::{Clocks, Origin};
use crate::Permission;
use crate::metadata::Metadata;

/// The permissions that a `create` leaves in place, in the order the projects were named, each project once.
#[derive(Clone, Debug, Default)]
pub struct Created {
    permissions: Vec<(Permission, Origin)>,
    clocks: Clocks,
    metadata: Metadata,
}

impl Created {
    pub(super) fn new(
        permissions: Vec<(Permission, Origin)>,
        clocks: Clocks,
        metadata: Metadata,
    ) -> Self {
        Self {
            permissions,
            clocks,
            metadata,
        }
    }

    /// What this call created, as far as it can tell without reading first; see
    /// [`Create::read_first`](crate::Create::read_first).
    pub fn created(&self) -> impl Iterator<Item = &Permission> {
        self.with(true)
    }

    /// What was there before, as far as the call can tell without reading first.
    pub fn existing(&self) -> impl Iterator<Item = &Permission> {
        self.with(false)
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

    fn with(&self, own: bool) -> impl Iterator<Item = &Permission> {
        let is_own = self.clocks.read();
        self.permissions
            .iter()
            .filter(move |(permission, origin)| is_own(permission, *origin) == own)
            .map(|(permission, _)| permission)
    }
}
