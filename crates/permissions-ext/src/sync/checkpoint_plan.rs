use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Change, Goal, Grant};
use crate::{CheckpointId, Permission, ProjectId};

/// The part of a [`Plan`](crate::Plan) that is about one checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct CheckpointPlan {
    /// The checkpoint.
    pub checkpoint: CheckpointId,
    /// The projects it is about, where it is not about all: of the others nothing was read, and nothing is touched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only: Option<BTreeSet<ProjectId>>,
    /// Projects that shall have access and have none, in order.
    pub create: Vec<ProjectId>,
    /// Permissions of projects that shall have no access, in order of their project.
    pub delete: Vec<Grant>,
    /// Permissions that stay, in order of their project.
    pub unchanged: Vec<Grant>,
}

/// What is left to do of a [`CheckpointPlan`], given the live state.
#[derive(Debug, Default)]
pub(super) struct Remaining {
    /// Projects to be created that have access already, as when a plan is applied again.
    pub(super) existing: BTreeMap<ProjectId, Permission>,
    /// Permissions to be deleted that are still there.
    pub(super) to_delete: BTreeSet<Grant>,
}

impl CheckpointPlan {
    pub(super) fn new(checkpoint: CheckpointId, goal: &Goal, live: Vec<Permission>) -> Self {
        let only = goal.only();
        let (mut unchanged, mut delete): (Vec<_>, Vec<_>) = live
            .into_iter()
            .map(Grant::from)
            .filter(|grant| only.is_none_or(|only| only.contains(&grant.project_id)))
            .partition(|grant| goal.keeps(&grant.project_id));
        unchanged.sort();
        delete.sort();
        let has_access: BTreeSet<&ProjectId> =
            unchanged.iter().map(|grant| &grant.project_id).collect();
        let create = goal
            .wanted()
            .filter(|project_id| !has_access.contains(project_id))
            .cloned()
            .collect();
        Self {
            checkpoint,
            only: only.cloned(),
            create,
            delete,
            unchanged,
        }
    }

    /// Its changes, creations first.
    pub fn changes(&self) -> impl Iterator<Item = Change> {
        let create = self
            .create
            .iter()
            .cloned()
            .map(|project_id| Change::Create { project_id });
        let delete = self.delete.iter().cloned().map(Change::from);
        create.chain(delete)
    }

    /// Whether it leaves the checkpoint without any access, though it has some now. A part that is about some projects
    /// alone does not know of the others, and never says so.
    #[must_use]
    pub fn empties(&self) -> bool {
        self.only.is_none()
            && !self.delete.is_empty()
            && self.unchanged.is_empty()
            && self.create.is_empty()
    }

    /// What is left to do, or how the live state differs from the one this part was made from. What the plan itself
    /// would do, or has done in part before it was interrupted, is no difference.
    pub(super) fn compare(&self, live: Vec<Permission>) -> Result<Remaining, String> {
        let create: BTreeSet<&ProjectId> = self.create.iter().collect();
        let delete: BTreeSet<&Grant> = self.delete.iter().collect();
        let mut expected: BTreeSet<&Grant> = self.unchanged.iter().collect();
        let mut remaining = Remaining::default();
        for permission in live {
            if !self.is_about(&permission.project_id) {
                continue;
            }
            let grant = Grant {
                project_id: permission.project_id.clone(),
                permission_id: permission.id.clone(),
            };
            if delete.contains(&grant) {
                remaining.to_delete.insert(grant);
            } else if create.contains(&permission.project_id) {
                remaining
                    .existing
                    .insert(permission.project_id.clone(), permission);
            } else if !expected.remove(&grant) {
                return Err(format!(
                    "project {} has got permission {} since",
                    grant.project_id, grant.permission_id
                ));
            }
        }
        match expected.first() {
            None => Ok(remaining),
            Some(lost) => Err(format!(
                "project {} has lost permission {} since",
                lost.project_id, lost.permission_id
            )),
        }
    }

    /// What contradicts itself in this part, as a plan edited by hand may.
    pub(super) fn contradiction(&self) -> Option<String> {
        let mut created = BTreeSet::new();
        for project_id in &self.create {
            if !created.insert(project_id) {
                return Some(format!("creates a permission for {project_id} twice"));
            }
        }
        let kept: BTreeSet<&Grant> = self.unchanged.iter().collect();
        for grant in &self.delete {
            if created.contains(&grant.project_id) {
                return Some(format!(
                    "creates a permission for {} and deletes one",
                    grant.project_id
                ));
            }
            if kept.contains(grant) {
                return Some(format!("keeps {} and deletes it", grant.permission_id));
            }
        }
        let mut named = created
            .into_iter()
            .chain(self.delete.iter().map(|grant| &grant.project_id));
        named
            .find(|project_id| !self.is_about(project_id))
            .map(|project_id| {
                format!("changes {project_id}, which is not among the projects it is about")
            })
    }

    fn is_about(&self, project_id: &ProjectId) -> bool {
        self.only
            .as_ref()
            .is_none_or(|only| only.contains(project_id))
    }
}
