use std::collections::HashMap;
use std::fmt;

use serde::Serialize;

use super::Report;
use crate::model::{CheckpointId, PermissionId, ProjectId};
use crate::sync::DesiredState;
pub use crate::sync::desired_state::CheckpointDrift;

/// The differences between the live state and a desired state, returned by [`Report::drift`].
#[derive(Clone, Debug, Serialize)]
#[must_use]
#[non_exhaustive]
pub struct Drift {
    /// The checkpoints of the desired state that were read, sorted.
    pub checkpoints: Vec<CheckpointDrift>,
    /// The checkpoints of the desired state that were not part of the audit or could not be read, sorted.
    pub unread: Vec<CheckpointId>,
    /// The audited checkpoints that are not part of the desired state, in the order of the audit.
    pub unmanaged: Vec<CheckpointId>,
}

/// The live state of a pair of checkpoint and project, compared with the desired state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DriftState {
    /// The project has a permission, as desired.
    Unchanged,
    /// The project has a permission that is not desired.
    Extra,
    /// The project has no permission, although the desired state contains the project.
    Missing,
}

impl Report {
    /// Compares the report with a desired state.
    pub fn drift(&self, desired: &DesiredState) -> Drift {
        let live: HashMap<_, _> = self.read().collect();
        let (mut checkpoints, mut unread) = (Vec::new(), Vec::new());
        for (checkpoint, projects) in desired.iter() {
            match live.get(checkpoint) {
                Some(live) => {
                    checkpoints.push(CheckpointDrift::new(checkpoint, projects, live.to_vec()));
                }
                None => unread.push(checkpoint.clone()),
            }
        }
        let audited = self.results().iter().map(|it| &it.checkpoint);
        let unmanaged = audited.filter(|checkpoint| desired.projects(checkpoint).is_none());
        Drift {
            checkpoints,
            unread,
            unmanaged: unmanaged.cloned().collect(),
        }
    }
}

impl Drift {
    /// Returns whether all checkpoints of the desired state were read and have no differences.
    #[must_use]
    pub fn is_in_sync(&self) -> bool {
        self.unread.is_empty() && self.checkpoints.iter().all(CheckpointDrift::is_in_sync)
    }

    /// Returns one item for each project that has a permission in the live state or in the desired state of a compared
    /// checkpoint (see [`checkpoints`](Self::checkpoints)). The permission id is `None` if the permission is missing.
    ///
    /// For each checkpoint, the unchanged permissions come first, then the extra and the missing permissions.
    pub fn cells(
        &self,
    ) -> impl Iterator<Item = (&CheckpointId, &ProjectId, DriftState, Option<&PermissionId>)> {
        self.checkpoints.iter().flat_map(|drift| {
            let unchanged = drift.unchanged.iter().map(|it| (it, DriftState::Unchanged));
            let extra = drift.extra.iter().map(|it| (it, DriftState::Extra));
            let live = unchanged
                .chain(extra)
                .map(|(it, state)| (&drift.checkpoint, &it.project_id, state, Some(&it.id)));
            let missing = drift.missing.iter();
            live.chain(missing.map(|it| (&drift.checkpoint, it, DriftState::Missing, None)))
        })
    }
}

/// Writes `unchanged`, `extra` or `missing`.
impl fmt::Display for DriftState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}
