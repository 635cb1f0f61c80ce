use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::de::{Deserializer, Error as _, MapAccess, Visitor};
use serde::{Deserialize, Serialize};

use crate::{CheckpointId, ProjectId};

/// Which projects shall have access to which checkpoints. Checkpoints that are not in it are left alone.
///
/// Serialises as an object from checkpoint to projects, in a stable order.
///
/// ```
/// use permissions_ext::sync::Desired;
///
/// # fn main() -> Result<(), permissions_ext::InvalidId> {
/// let desired = Desired::new()
///     .checkpoint("ft:gpt-4o-mini:org:weather:1".parse()?, ["proj_forecast".parse()?, "proj_maps".parse()?])
///     .checkpoint("ft:gpt-4o-mini:org:retired:1".parse()?, []);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
#[must_use]
pub struct Desired(BTreeMap<CheckpointId, BTreeSet<ProjectId>>);

impl Desired {
    /// Nothing is said of any checkpoint.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds projects to those that shall have access to a checkpoint. A checkpoint with none shall have none.
    pub fn checkpoint(
        mut self,
        checkpoint: CheckpointId,
        project_ids: impl IntoIterator<Item = ProjectId>,
    ) -> Self {
        self.0.entry(checkpoint).or_default().extend(project_ids);
        self
    }

    /// The checkpoints it speaks of, in order.
    pub fn checkpoints(&self) -> impl Iterator<Item = &CheckpointId> {
        self.0.keys()
    }

    /// The checkpoints with their projects, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&CheckpointId, &BTreeSet<ProjectId>)> {
        self.0.iter()
    }

    /// The projects that shall have access to a checkpoint; none where nothing is said of it.
    #[must_use]
    pub fn projects(&self, checkpoint: &CheckpointId) -> Option<&BTreeSet<ProjectId>> {
        self.0.get(checkpoint)
    }

    /// How many checkpoints it speaks of.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether it speaks of no checkpoint.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A checkpoint that is there twice is refused: the last one would win, and take the projects of the first away.
impl<'de> Deserialize<'de> for Desired {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Checkpoints;
        impl<'de> Visitor<'de> for Checkpoints {
            type Value = Desired;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("checkpoints with their projects")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Desired, A::Error> {
                let mut desired = BTreeMap::new();
                while let Some((checkpoint, project_ids)) = map.next_entry::<CheckpointId, _>()? {
                    if desired.contains_key(&checkpoint) {
                        return Err(A::Error::custom(format_args!(
                            "checkpoint {checkpoint} is there twice; name all of its projects in one place"
                        )));
                    }
                    desired.insert(checkpoint, project_ids);
                }
                Ok(Desired(desired))
            }
        }
        deserializer.deserialize_map(Checkpoints)
    }
}

impl IntoIterator for Desired {
    type Item = (CheckpointId, BTreeSet<ProjectId>);
    type IntoIter = std::collections::btree_map::IntoIter<CheckpointId, BTreeSet<ProjectId>>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<P: IntoIterator<Item = ProjectId>> FromIterator<(CheckpointId, P)> for Desired {
    fn from_iter<I: IntoIterator<Item = (CheckpointId, P)>>(checkpoints: I) -> Self {
        checkpoints
            .into_iter()
            .fold(Self::new(), |desired, (checkpoint, project_ids)| {
                desired.checkpoint(checkpoint, project_ids)
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkpoint_that_is_there_twice_is_refused() {
        let twice = r#"{"ft:a":["proj_1"],"ft:a":[]}"#;
        let refused = serde_json::from_str::<Desired>(twice)
            .unwrap_err()
            .to_string();
        assert!(
            refused.contains("checkpoint ft:a is there twice"),
            "{refused}"
        );
        let once: Desired = serde_json::from_str(r#"{"ft:a":["proj_1","proj_1"]}"#).unwrap();
        assert_eq!(
            serde_json::to_string(&once).unwrap(),
            r#"{"ft:a":["proj_1"]}"#
        );
    }
}
