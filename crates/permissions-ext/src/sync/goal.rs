use std::collections::BTreeSet;

use crate::ProjectId;

/// What shall be true of one checkpoint.
#[derive(Clone, Debug)]
pub(super) enum Goal {
    /// These projects have access and no other.
    Exactly(BTreeSet<ProjectId>),
    /// These projects have access; nothing is said of others.
    Including(BTreeSet<ProjectId>),
    /// These projects have no access; nothing is said of others.
    Excluding(BTreeSet<ProjectId>),
    /// All is as it is.
    AsIs,
}

impl Goal {
    /// Whether a project that has access keeps it.
    pub(super) fn keeps(&self, project_id: &ProjectId) -> bool {
        match self {
            Self::Exactly(projects) => projects.contains(project_id),
            Self::Including(_) | Self::AsIs => true,
            Self::Excluding(_) => false,
        }
    }

    /// The projects that shall have access, in order.
    pub(super) fn wanted(&self) -> impl Iterator<Item = &ProjectId> {
        let projects = match self {
            Self::Exactly(projects) | Self::Including(projects) => Some(projects),
            Self::Excluding(_) | Self::AsIs => None,
        };
        projects.into_iter().flatten()
    }

    /// The projects of which it says anything; none where that is all.
    pub(super) fn only(&self) -> Option<&BTreeSet<ProjectId>> {
        match self {
            Self::Including(projects) | Self::Excluding(projects) => Some(projects),
            Self::Exactly(_) | Self::AsIs => None,
        }
    }
}
