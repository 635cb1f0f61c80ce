use std::collections::{BTreeSet, HashMap};

use crate::{CheckpointId, Desired, Error, Permission, ProjectId};

/// The permissions of one checkpoint, or why they could not be read.
#[derive(Debug)]
#[non_exhaustive]
pub struct Audited {
    /// The checkpoint.
    pub checkpoint: CheckpointId,
    /// All its permissions, newest first; never a part of them.
    pub result: Result<Vec<Permission>, Error>,
}

/// The permissions of many checkpoints.
#[derive(Debug)]
#[must_use]
pub struct Report {
    results: Vec<Audited>,
}

impl Report {
    pub(super) fn new(order: &[CheckpointId], mut results: Vec<Audited>) -> Self {
        let place: HashMap<&CheckpointId, usize> =
            order.iter().enumerate().map(|(n, id)| (id, n)).collect();
        results.sort_by_key(|audited| place.get(&audited.checkpoint).copied());
        Self { results }
    }

    /// The result of each checkpoint, in the order they were named.
    #[must_use]
    pub fn results(&self) -> &[Audited] {
        &self.results
    }

    /// Takes the results out.
    #[must_use]
    pub fn into_results(self) -> Vec<Audited> {
        self.results
    }

    /// Whether every checkpoint could be read.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.results.iter().all(|audited| audited.result.is_ok())
    }

    /// The checkpoints that could not be read, and why.
    pub fn failures(&self) -> impl Iterator<Item = (&CheckpointId, &Error)> {
        self.results
            .iter()
            .filter_map(|audited| Some((&audited.checkpoint, audited.result.as_ref().err()?)))
    }

    /// Every permission with its checkpoint.
    pub fn permissions(&self) -> impl Iterator<Item = (&CheckpointId, &Permission)> {
        let read = self
            .results
            .iter()
            .filter_map(|audited| Some((&audited.checkpoint, audited.result.as_ref().ok()?)));
        read.flat_map(|(checkpoint, permissions)| {
            permissions
                .iter()
                .map(move |permission| (checkpoint, permission))
        })
    }

    /// Every project that has access to anything, in order: the columns of a matrix whose rows are the checkpoints.
    #[must_use]
    pub fn projects(&self) -> BTreeSet<&ProjectId> {
        self.permissions()
            .map(|(_, permission)| &permission.project_id)
            .collect()
    }

    /// The checkpoints that a project has access to.
    pub fn checkpoints_of<'a>(
        &'a self,
        project_id: &'a ProjectId,
    ) -> impl Iterator<Item = &'a CheckpointId> {
        let has_access = |permissions: &[Permission]| {
            permissions.iter().any(|one| one.project_id == *project_id)
        };
        let results = self.results.iter();
        results
            .filter(move |audited| audited.result.as_deref().is_ok_and(has_access))
            .map(|audited| &audited.checkpoint)
    }

    /// The live state as a desired one: evidence to keep, or to go back to. None where a checkpoint could not be read.
    #[must_use]
    pub fn snapshot(&self) -> Option<Desired> {
        let mut desired = Desired::new();
        for audited in &self.results {
            let projects = audited
                .result
                .as_ref()
                .ok()?
                .iter()
                .map(|permission| permission.project_id.clone());
            desired = desired.checkpoint(audited.checkpoint.clone(), projects);
        }
        Some(desired)
    }
}
