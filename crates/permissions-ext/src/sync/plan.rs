use serde::{Deserialize, Serialize};

use super::{Change, CheckpointPlan};
use crate::CheckpointId;

/// What has to change so that the live state is the desired one; made by [`Client::plan`](crate::Client::plan) and
/// its siblings.
///
/// It holds the live state it was made from, so that [`Client::apply`](crate::Client::apply) can refuse it where that
/// has moved. The same states give the same plan, in the same order.
///
/// It serialises, to be reviewed and applied later, as an object with the number of its format:
///
/// ```
/// # fn main() -> Result<(), serde_json::Error> {
/// let plan: permissions_ext::sync::Plan = serde_json::from_str(
///     r#"{
///         "version": 1,
///         "checkpoints": [{
///             "checkpoint": "ft:gpt-4o-mini:org:weather:1",
///             "create": ["proj_maps"],
///             "delete": [{ "project_id": "proj_old", "permission_id": "cp_1" }],
///             "unchanged": [{ "project_id": "proj_forecast", "permission_id": "cp_2" }]
///         }]
///     }"#,
/// )?;
/// assert_eq!((plan.creations(), plan.deletions(), plan.unchanged()), (1, 1, 1));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
#[must_use = "a plan changes nothing before it is applied"]
pub struct Plan {
    version: Version,
    checkpoints: Vec<CheckpointPlan>,
}

/// A plan as it was read: someone may have edited it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Unchecked {
    version: Version,
    checkpoints: Vec<CheckpointPlan>,
}

/// The format of a serialised plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
struct Version;

const VERSION: u32 = 1;

impl Plan {
    pub(super) fn new(mut checkpoints: Vec<CheckpointPlan>) -> Self {
        checkpoints.sort_by(|a, b| a.checkpoint.cmp(&b.checkpoint));
        Self {
            version: Version,
            checkpoints,
        }
    }

    /// Its parts, in order of the checkpoint.
    #[must_use]
    pub fn checkpoints(&self) -> &[CheckpointPlan] {
        &self.checkpoints
    }

    /// Every change, checkpoint by checkpoint, creations first.
    pub fn changes(&self) -> impl Iterator<Item = (&CheckpointId, Change)> {
        self.checkpoints
            .iter()
            .flat_map(|part| part.changes().map(move |change| (&part.checkpoint, change)))
    }

    /// Whether the live state is the desired one.
    #[must_use]
    pub fn is_in_sync(&self) -> bool {
        self.creations() == 0 && self.deletions() == 0
    }

    /// How many permissions are to be created.
    #[must_use]
    pub fn creations(&self) -> usize {
        self.checkpoints.iter().map(|part| part.create.len()).sum()
    }

    /// How many permissions are to be deleted.
    #[must_use]
    pub fn deletions(&self) -> usize {
        self.checkpoints.iter().map(|part| part.delete.len()).sum()
    }

    /// How many permissions stay.
    #[must_use]
    pub fn unchanged(&self) -> usize {
        self.checkpoints
            .iter()
            .map(|part| part.unchanged.len())
            .sum()
    }

    /// The checkpoints that are left without any access, though they have some now.
    pub fn emptied(&self) -> impl Iterator<Item = &CheckpointId> {
        self.checkpoints
            .iter()
            .filter(|part| part.empties())
            .map(|part| &part.checkpoint)
    }
}

impl TryFrom<Unchecked> for Plan {
    type Error = String;

    fn try_from(unchecked: Unchecked) -> Result<Self, Self::Error> {
        let plan = Self {
            version: unchecked.version,
            ..Self::new(unchecked.checkpoints)
        };
        let same = |pair: &&[CheckpointPlan]| pair[0].checkpoint == pair[1].checkpoint;
        if let Some(pair) = plan.checkpoints.windows(2).find(same) {
            return Err(format!(
                "the plan has two parts for checkpoint {}",
                pair[0].checkpoint
            ));
        }
        for part in &plan.checkpoints {
            if let Some(contradiction) = part.contradiction() {
                return Err(format!(
                    "the plan for checkpoint {} {contradiction}; make the plan anew",
                    part.checkpoint
                ));
            }
        }
        Ok(plan)
    }
}

impl From<Version> for u32 {
    fn from(Version: Version) -> Self {
        VERSION
    }
}

impl TryFrom<u32> for Version {
    type Error = String;

    fn try_from(version: u32) -> Result<Self, Self::Error> {
        if version == VERSION {
            return Ok(Self);
        }
        Err(format!(
            "the plan has format {version}, and this program knows format {VERSION}; make the plan anew"
        ))
    }
}
