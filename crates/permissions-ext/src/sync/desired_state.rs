use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::de::{Deserializer, Error as _, MapAccess, Visitor};
use serde::{Deserialize, Serialize};

use crate::model::{CheckpointId, InvalidId, Permission, ProjectId};

/// The projects that should have a permission, for each checkpoint. A checkpoint that is not part of the desired state
/// is not changed.
///
/// Serializes as an object that maps each checkpoint to its projects, both sorted. Deserializing fails if a checkpoint
/// occurs twice.
///
/// ```
/// use permissions_ext::sync::DesiredState;
///
/// # fn main() -> Result<(), permissions_ext::InvalidId> {
/// let desired = DesiredState::new()
///     .checkpoint("ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd", ["proj_forecast", "proj_maps"])?
///     .checkpoint("ft:gpt-4o-mini-2024-07-18:org:retired:A1B2C3D4", [""; 0])?;
/// assert_eq!(desired.len(), 2);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
#[must_use]
pub struct DesiredState(BTreeMap<CheckpointId, BTreeSet<ProjectId>>);

impl DesiredState {
    /// Creates a desired state without checkpoints.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds projects to a checkpoint. An empty list means that no project may use the checkpoint, unless another call
    /// adds projects.
    ///
    /// # Errors
    ///
    /// Fails if an id is invalid.
    pub fn checkpoint(
        mut self,
        checkpoint: impl TryInto<CheckpointId, Error: Into<InvalidId>>,
        project_ids: impl IntoIterator<Item: TryInto<ProjectId, Error: Into<InvalidId>>>,
    ) -> Result<Self, InvalidId> {
        let checkpoint = checkpoint.try_into().map_err(Into::into)?;
        let projects = self.0.entry(checkpoint).or_default();
        for project_id in project_ids {
            projects.insert(project_id.try_into().map_err(Into::into)?);
        }
        Ok(self)
    }

    /// Returns the checkpoints with their projects, both sorted.
    pub fn iter(&self) -> impl Iterator<Item = (&CheckpointId, &BTreeSet<ProjectId>)> {
        self.0.iter()
    }

    /// Returns the projects of a checkpoint. `None` if the checkpoint is not part of the desired state.
    #[must_use]
    pub fn projects(&self, checkpoint: &CheckpointId) -> Option<&BTreeSet<ProjectId>> {
        self.0.get(checkpoint)
    }

    /// Returns the number of checkpoints.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns whether the desired state contains no checkpoint.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The differences between the live state and the desired state of one checkpoint.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct CheckpointDrift {
    /// The checkpoint.
    pub checkpoint: CheckpointId,
    /// Live permissions of projects in the desired state, sorted by project.
    pub unchanged: Vec<Permission>,
    /// Live permissions of projects that are not in the desired state, sorted by project.
    pub extra: Vec<Permission>,
    /// Projects in the desired state without a permission, sorted.
    pub missing: Vec<ProjectId>,
}

impl CheckpointDrift {
    pub(crate) fn new(
        checkpoint: &CheckpointId,
        desired: &BTreeSet<ProjectId>,
        mut live: Vec<Permission>,
    ) -> Self {
        live.sort_by(|a, b| (&a.project_id, &a.id).cmp(&(&b.project_id, &b.id)));
        let (unchanged, extra): (Vec<_>, Vec<_>) = live
            .into_iter()
            .partition(|permission| desired.contains(&permission.project_id));
        let found: BTreeSet<ProjectId> = unchanged.iter().map(|it| it.project_id.clone()).collect();
        Self {
            checkpoint: checkpoint.clone(),
            missing: desired.difference(&found).cloned().collect(),
            unchanged,
            extra,
        }
    }

    /// Returns whether the live state equals the desired state.
    #[must_use]
    pub fn is_in_sync(&self) -> bool {
        self.extra.is_empty() && self.missing.is_empty()
    }
}

/// Rejects a repeated checkpoint. Otherwise the last entry would silently replace the projects of the first.
impl<'de> Deserialize<'de> for DesiredState {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Checkpoints;
        impl<'de> Visitor<'de> for Checkpoints {
            type Value = DesiredState;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object that maps checkpoints to projects")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<DesiredState, A::Error> {
                let mut desired = BTreeMap::new();
                while let Some((checkpoint, projects)) = map.next_entry::<CheckpointId, _>()? {
                    if desired.contains_key(&checkpoint) {
                        return Err(A::Error::custom(format_args!(
                            "checkpoint {checkpoint} occurs twice: list all its projects in one entry"
                        )));
                    }
                    desired.insert(checkpoint, projects);
                }
                Ok(DesiredState(desired))
            }
        }
        deserializer.deserialize_map(Checkpoints)
    }
}

/// Merges the projects of repeated checkpoints.
impl<P: IntoIterator<Item = ProjectId>> FromIterator<(CheckpointId, P)> for DesiredState {
    fn from_iter<I: IntoIterator<Item = (CheckpointId, P)>>(checkpoints: I) -> Self {
        let mut desired = Self::new();
        for (checkpoint, projects) in checkpoints {
            desired.0.entry(checkpoint).or_default().extend(projects);
        }
        desired
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_checkpoint_in_json_is_rejected() {
        let twice = r#"{"ft:a":["proj_1"],"ft:a":[]}"#;
        let error = serde_json::from_str::<DesiredState>(twice)
            .unwrap_err()
            .to_string();
        assert!(error.contains("checkpoint ft:a occurs twice"), "{error}");
        let once: DesiredState = serde_json::from_str(r#"{"ft:a":["proj_1","proj_1"]}"#).unwrap();
        assert_eq!(
            serde_json::to_string(&once).unwrap(),
            r#"{"ft:a":["proj_1"]}"#
        );
    }
}
