use std::collections::{BTreeSet, HashMap};

use serde::Serialize;
use serde::ser::{SerializeStruct as _, Serializer};

use super::{Drift, Matrix};
use crate::sync::Desired;
use crate::{CheckpointId, Error, Permission, PermissionId, ProjectId};

/// The permissions of one checkpoint, or why they could not be read.
///
/// Serialises as an object with `checkpoint`, and `permissions` or `error`.
#[derive(Debug)]
#[non_exhaustive]
pub struct Audited {
    /// The checkpoint.
    pub checkpoint: CheckpointId,
    /// All its permissions, newest first; never a part of them.
    pub result: Result<Vec<Permission>, Error>,
}

/// The permissions of many checkpoints.
///
/// Serialises as an object with `complete` and `checkpoints`; for a format without structure there are
/// [`rows`](Self::rows).
#[derive(Debug)]
#[must_use]
pub struct Report {
    results: Vec<Audited>,
}

/// One permission with its checkpoint, for CSV and the like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ReportRow<'a> {
    /// The checkpoint.
    pub checkpoint: &'a CheckpointId,
    /// The project that has access.
    pub project_id: &'a ProjectId,
    /// By this permission.
    pub permission_id: &'a PermissionId,
    /// Since then, in seconds since 1970-01-01 00:00 UTC.
    pub created_at: i64,
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

    /// Every permission as a flat row. What could not be read has none: see [`failures`](Self::failures).
    pub fn rows(&self) -> impl Iterator<Item = ReportRow<'_>> {
        self.permissions()
            .map(|(checkpoint, permission)| ReportRow {
                checkpoint,
                project_id: &permission.project_id,
                permission_id: &permission.id,
                created_at: permission.created_at,
            })
    }

    /// Every project that has access to anything, in order.
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

    /// Checkpoints × projects.
    pub fn matrix(&self) -> Matrix<'_> {
        Matrix::new(self)
    }

    /// How the live state differs from a desired one.
    pub fn drift(&self, desired: &Desired) -> Drift {
        Drift::new(self, desired)
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

impl Serialize for Report {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Report", 2)?;
        object.serialize_field("complete", &self.is_complete())?;
        object.serialize_field("checkpoints", &self.results)?;
        object.end()
    }
}

impl Serialize for Audited {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Audited", 2)?;
        object.serialize_field("checkpoint", &self.checkpoint)?;
        match &self.result {
            Ok(permissions) => object.serialize_field("permissions", permissions)?,
            Err(error) => object.serialize_field("error", error)?,
        }
        object.end()
    }
}
