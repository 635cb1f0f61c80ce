use std::collections::{BTreeSet, HashMap};

use serde::ser::{Serialize, SerializeStruct as _, Serializer};

use crate::error::Error;
use crate::model::{CheckpointId, Permission, ProjectId};
use crate::sync::DesiredState;

/// The permissions of one checkpoint, or the error if the permissions could not be listed.
///
/// Serializes as an object with `checkpoint`, and `permissions` or `error`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CheckpointAudit {
    /// The checkpoint.
    pub checkpoint: CheckpointId,
    /// All permissions, newest first. Never an incomplete list.
    pub result: Result<Vec<Permission>, Error>,
}

/// The permissions of many checkpoints, returned by [`Audit::send`](super::Audit::send).
///
/// Serializes as an object with `complete` and `checkpoints`.
#[derive(Clone, Debug)]
#[must_use]
pub struct Report {
    results: Vec<CheckpointAudit>,
}

impl Report {
    pub(super) fn new(order: &[CheckpointId], mut results: Vec<CheckpointAudit>) -> Self {
        let index: HashMap<&CheckpointId, usize> = order.iter().zip(0..).collect();
        results.sort_by_key(|result| index.get(&result.checkpoint).copied());
        Self { results }
    }

    /// Returns the result of each checkpoint, in the order of the request.
    #[must_use]
    pub fn results(&self) -> &[CheckpointAudit] {
        &self.results
    }

    /// Returns the results by value.
    #[must_use]
    pub fn into_results(self) -> Vec<CheckpointAudit> {
        self.results
    }

    /// Returns whether every checkpoint was read.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.failures().next().is_none()
    }

    /// Returns the checkpoints that could not be read, with their errors.
    pub fn failures(&self) -> impl Iterator<Item = (&CheckpointId, &Error)> {
        let results = self.results.iter();
        results.filter_map(|it| Some((&it.checkpoint, it.result.as_ref().err()?)))
    }

    /// Returns every permission with its checkpoint.
    pub fn permissions(&self) -> impl Iterator<Item = (&CheckpointId, &Permission)> {
        self.read().flat_map(|(checkpoint, permissions)| {
            permissions
                .iter()
                .map(move |permission| (checkpoint, permission))
        })
    }

    /// Returns every project that may use at least one of the checkpoints, sorted.
    #[must_use]
    pub fn projects(&self) -> BTreeSet<&ProjectId> {
        let permissions = self.permissions();
        permissions
            .map(|(_, permission)| &permission.project_id)
            .collect()
    }

    /// Returns the permissions as a desired state, which can serve as a backup. `None` if a checkpoint could not be
    /// read.
    #[must_use]
    pub fn snapshot(&self) -> Option<DesiredState> {
        if !self.is_complete() {
            return None;
        }
        let checkpoints = self.read().map(|(checkpoint, permissions)| {
            let projects = permissions.iter().map(|it| it.project_id.clone());
            (checkpoint.clone(), projects)
        });
        Some(checkpoints.collect())
    }

    /// Returns the checkpoints that were read.
    pub(super) fn read(&self) -> impl Iterator<Item = (&CheckpointId, &Vec<Permission>)> {
        let results = self.results.iter();
        results.filter_map(|it| Some((&it.checkpoint, it.result.as_ref().ok()?)))
    }
}

impl Serialize for Report {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Report", 2)?;
        object.serialize_field("complete", &self.is_complete())?;
        object.serialize_field("checkpoints", &self.results)?;
        object.end()
    }
}

impl Serialize for CheckpointAudit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("CheckpointAudit", 2)?;
        object.serialize_field("checkpoint", &self.checkpoint)?;
        match &self.result {
            Ok(permissions) => object.serialize_field("permissions", permissions)?,
            Err(error) => object.serialize_field("error", error)?,
        }
        object.end()
    }
}
