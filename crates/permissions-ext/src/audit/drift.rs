use std::collections::{BTreeSet, HashMap};

use serde::Serialize;

use super::Report;
use crate::sync::Desired;
use crate::{CheckpointId, Permission, PermissionId, ProjectId};

/// How the live state differs from a desired one; made by [`Report::drift`].
///
/// Serialises as an object with its fields; for a format without structure there are [`rows`](Self::rows).
#[derive(Clone, Debug, Serialize)]
#[must_use]
#[non_exhaustive]
pub struct Drift {
    /// Each checkpoint that the desired state speaks of and that could be read, in order.
    pub checkpoints: Vec<CheckpointDrift>,
    /// Checkpoints that the desired state speaks of and that were not read, or could not be, in order.
    pub unknown: Vec<CheckpointId>,
    /// Checkpoints that were read and of which the desired state says nothing, in the order they were named.
    pub unmanaged: Vec<CheckpointId>,
}

/// How one checkpoint differs from what it shall be.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct CheckpointDrift {
    /// The checkpoint.
    pub checkpoint: CheckpointId,
    /// Permissions that are there and shall be, in order of their project.
    pub managed: Vec<Permission>,
    /// Permissions that are there and shall not be, in order of their project.
    pub extra: Vec<Permission>,
    /// Projects that shall have access and have none, in order.
    pub missing: Vec<ProjectId>,
}

/// One fact of a drift, for CSV and the like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct DriftRow<'a> {
    /// The checkpoint.
    pub checkpoint: &'a CheckpointId,
    /// The project.
    pub project_id: &'a ProjectId,
    /// How it is with them.
    pub state: DriftState,
    /// The permission, where there is one.
    pub permission_id: Option<&'a PermissionId>,
}

/// How it is with a project and a checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DriftState {
    /// It has access as it shall.
    Managed,
    /// It has access and shall not.
    Extra,
    /// It shall have access and has not.
    Missing,
}

impl Drift {
    pub(super) fn new(report: &Report, desired: &Desired) -> Self {
        let live: HashMap<&CheckpointId, &Vec<Permission>> = report
            .results()
            .iter()
            .filter_map(|audited| Some((&audited.checkpoint, audited.result.as_ref().ok()?)))
            .collect();
        let (mut checkpoints, mut unknown) = (Vec::new(), Vec::new());
        for (checkpoint, projects) in desired.iter() {
            match live.get(checkpoint) {
                Some(permissions) => {
                    checkpoints.push(CheckpointDrift::new(checkpoint, projects, permissions));
                }
                None => unknown.push(checkpoint.clone()),
            }
        }
        let unmanaged = report
            .results()
            .iter()
            .filter(|audited| desired.projects(&audited.checkpoint).is_none())
            .map(|audited| audited.checkpoint.clone())
            .collect();
        Self {
            checkpoints,
            unknown,
            unmanaged,
        }
    }

    /// Whether everything that the desired state speaks of is known to be as it shall be.
    #[must_use]
    pub fn is_in_sync(&self) -> bool {
        self.unknown.is_empty() && self.checkpoints.iter().all(CheckpointDrift::is_in_sync)
    }

    /// Every fact as a flat row, checkpoint by checkpoint: what is managed, then what is extra, then what is missing.
    pub fn rows(&self) -> impl Iterator<Item = DriftRow<'_>> {
        self.checkpoints.iter().flat_map(CheckpointDrift::rows)
    }
}

impl CheckpointDrift {
    fn new(
        checkpoint: &CheckpointId,
        projects: &BTreeSet<ProjectId>,
        permissions: &[Permission],
    ) -> Self {
        let (mut managed, mut extra): (Vec<_>, Vec<_>) = permissions
            .iter()
            .cloned()
            .partition(|permission| projects.contains(&permission.project_id));
        let by_project =
            |a: &Permission, b: &Permission| (&a.project_id, &a.id).cmp(&(&b.project_id, &b.id));
        managed.sort_by(by_project);
        extra.sort_by(by_project);
        let has_access: BTreeSet<&ProjectId> = managed
            .iter()
            .map(|permission| &permission.project_id)
            .collect();
        let missing = projects
            .iter()
            .filter(|project_id| !has_access.contains(project_id))
            .cloned()
            .collect();
        Self {
            checkpoint: checkpoint.clone(),
            managed,
            extra,
            missing,
        }
    }

    /// Whether it is as it shall be.
    #[must_use]
    pub fn is_in_sync(&self) -> bool {
        self.extra.is_empty() && self.missing.is_empty()
    }

    fn rows(&self) -> impl Iterator<Item = DriftRow<'_>> {
        let managed = self.managed.iter().map(|one| (DriftState::Managed, one));
        let extra = self.extra.iter().map(|one| (DriftState::Extra, one));
        let live = managed.chain(extra).map(|(state, permission)| DriftRow {
            checkpoint: &self.checkpoint,
            project_id: &permission.project_id,
            state,
            permission_id: Some(&permission.id),
        });
        let missing = self.missing.iter().map(|project_id| DriftRow {
            checkpoint: &self.checkpoint,
            project_id,
            state: DriftState::Missing,
            permission_id: None,
        });
        live.chain(missing)
    }
}
