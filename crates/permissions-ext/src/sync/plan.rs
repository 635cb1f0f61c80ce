use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use super::desired_state::CheckpointDrift;
use super::{CONCURRENCY, Change, CheckpointPlan, DesiredState, Target};
use crate::action::Action;
use crate::bulk::{Bulk, BulkOptions, bulk_options};
use crate::client::Client;
use crate::error::Error;
use crate::model::CheckpointId;
use crate::options::{RequestOptions, request_options};

/// A request that compares a desired state with the live state.
#[derive(Clone, Debug)]
#[must_use = "nothing is read before `send`"]
pub struct PlanRequest {
    client: Client,
    desired: DesiredState,
    bulk: BulkOptions,
    options: RequestOptions,
}

impl Client {
    /// Compares the desired state with the live state. Changes nothing.
    pub fn plan(&self, desired: DesiredState) -> PlanRequest {
        PlanRequest {
            client: self.clone(),
            desired,
            bulk: BulkOptions::new(CONCURRENCY),
            options: RequestOptions::default(),
        }
    }
}

request_options!(PlanRequest);
bulk_options!(PlanRequest);

impl PlanRequest {
    /// Lists the permissions of every checkpoint of the desired state and returns the plan.
    ///
    /// # Errors
    ///
    /// Fails if the permissions of any checkpoint cannot be listed, because the plan would be incomplete.
    pub async fn send(self) -> Result<Plan, Error> {
        self.options.check(|| Action::Plan)?;
        let target = Target::new(&self.client, &self.options);
        let bulk = Bulk::new(self.client, self.options, self.bulk, self.desired.len());
        let checkpoints = self.desired.iter().map(|(checkpoint, _)| checkpoint);
        let live = bulk.list_all(checkpoints.collect()).await?;
        let parts = self.desired.iter().zip(live);
        let parts = parts.map(|((checkpoint, projects), live)| {
            CheckpointPlan::new(CheckpointDrift::new(checkpoint, projects, live))
        });
        Ok(Plan::new(target, parts.collect()))
    }
}

/// The changes between the live state and the desired state, returned by [`Client::plan`](crate::Client::plan).
///
/// A plan contains its [`Target`] and the live state. [`Client::apply`](crate::Client::apply) therefore refuses the
/// plan if the client has another target, or if the live state has changed and the plan does not contain the change.
/// Equal states result in equal plans.
///
/// Serializes as an object with the version of the format, the target and the checkpoints:
///
/// ```
/// use permissions_ext::sync::Plan;
///
/// # fn main() -> Result<(), serde_json::Error> {
/// let plan: Plan = serde_json::from_str(
///     r#"{
///         "version": 2,
///         "target": { "base_url": "https://api.openai.com/v1", "organization": "org-weather" },
///         "checkpoints": [{
///             "checkpoint": "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd",
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
    version: u32,
    target: Target,
    checkpoints: Vec<CheckpointPlan>,
}

/// A deserialized plan, which may contain contradictions.
#[derive(Deserialize)]
struct Unchecked {
    #[serde(rename = "version", deserialize_with = "check_version")]
    _version: (),
    /// Missing in plans of version 1.
    target: Option<Target>,
    checkpoints: Vec<CheckpointPlan>,
}

/// The only version of the format that can be deserialized.
const VERSION: u32 = 2;

impl Plan {
    pub(super) fn new(target: Target, mut checkpoints: Vec<CheckpointPlan>) -> Self {
        checkpoints.sort_by(|a, b| a.checkpoint.cmp(&b.checkpoint));
        Self {
            version: VERSION,
            target,
            checkpoints,
        }
    }

    /// Returns the target that the plan was made for.
    #[must_use]
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// Returns the parts of the plan, sorted by checkpoint.
    #[must_use]
    pub fn checkpoints(&self) -> &[CheckpointPlan] {
        &self.checkpoints
    }

    /// Removes the checkpoints for which the function returns false.
    pub fn retain(&mut self, mut keep: impl FnMut(&CheckpointId) -> bool) {
        self.checkpoints.retain(|part| keep(&part.checkpoint));
    }

    /// Returns every change, sorted by checkpoint.
    pub fn changes(&self) -> impl Iterator<Item = (&CheckpointId, Change)> {
        let parts = self.checkpoints.iter();
        parts.flat_map(|part| part.changes().map(move |change| (&part.checkpoint, change)))
    }

    /// Returns whether the live state equals the desired state.
    #[must_use]
    pub fn is_in_sync(&self) -> bool {
        self.creations() == 0 && self.deletions() == 0
    }

    /// Returns the number of permissions to create.
    #[must_use]
    pub fn creations(&self) -> usize {
        self.count(|part| part.create.len())
    }

    /// Returns the number of permissions to delete.
    #[must_use]
    pub fn deletions(&self) -> usize {
        self.count(|part| part.delete.len())
    }

    /// Returns the number of permissions to keep.
    #[must_use]
    pub fn unchanged(&self) -> usize {
        self.count(|part| part.unchanged.len())
    }

    /// Returns the checkpoints that lose all permissions.
    pub fn emptied(&self) -> impl Iterator<Item = &CheckpointId> {
        let parts = self.checkpoints.iter();
        let emptied = parts.filter(|part| {
            !part.delete.is_empty() && part.unchanged.is_empty() && part.create.is_empty()
        });
        emptied.map(|part| &part.checkpoint)
    }

    fn count(&self, number: impl Fn(&CheckpointPlan) -> usize) -> usize {
        self.checkpoints.iter().map(number).sum()
    }
}

impl TryFrom<Unchecked> for Plan {
    type Error = String;

    fn try_from(unchecked: Unchecked) -> Result<Self, Self::Error> {
        let target = unchecked
            .target
            .ok_or("the plan has no target: make a new plan")?;
        let plan = Self::new(target, unchecked.checkpoints);
        let is_same = |pair: &&[CheckpointPlan]| pair[0].checkpoint == pair[1].checkpoint;
        if let Some(pair) = plan.checkpoints.windows(2).find(is_same) {
            return Err(format!(
                "checkpoint {} occurs twice in the plan: make a new plan",
                pair[0].checkpoint
            ));
        }
        for part in &plan.checkpoints {
            if let Some(contradiction) = part.contradiction() {
                return Err(format!(
                    "the plan for checkpoint {} {contradiction}: make a new plan",
                    part.checkpoint
                ));
            }
        }
        Ok(plan)
    }
}

/// Rejects an unsupported version before the other fields are read, because those may differ between versions.
fn check_version<'de, D: Deserializer<'de>>(deserializer: D) -> Result<(), D::Error> {
    let version = u32::deserialize(deserializer)?;
    if version == VERSION {
        return Ok(());
    }
    Err(D::Error::custom(format_args!(
        "the plan has format version {version}, but only version {VERSION} is supported: make a new plan"
    )))
}
