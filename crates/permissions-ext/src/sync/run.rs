use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::checkpoint_plan::Remaining;
use super::halt::{Halt, Signal};
use super::live::Live;
use super::{Applied, Change, CheckpointPlan, Grant, NotStarted, Outcome, Plan, Step};
use crate::action::Action;
use crate::error::Kind;
use crate::{CheckpointId, Client, Created, Error, Permission, Permissions, ProjectId, parallel};

/// A plan that is being carried out.
pub(super) struct Run<'a> {
    pub(super) client: &'a Client,
    pub(super) plan: &'a Plan,
    pub(super) live: &'a Live<'a>,
    pub(super) concurrency: usize,
    pub(super) report: Option<&'a (dyn Fn(&Step) + Send + Sync)>,
    pub(super) halt: Halt,
}

/// A checkpoint's part of the plan, and what is left to do of it.
type Part<'a> = (&'a CheckpointPlan, Remaining);

/// Whose creations are not done, so that nothing may be taken from them yet.
struct Undone {
    checkpoints: BTreeSet<CheckpointId>,
    projects: BTreeSet<ProjectId>,
}

impl Run<'_> {
    pub(super) async fn to_the_end(
        &self,
        remaining: Vec<Remaining>,
        stop: Option<Signal>,
    ) -> Applied {
        self.halt.watch(stop, self.changes(remaining)).await
    }

    /// All creations first: a project that changes over from one checkpoint to another has one of them at any time.
    async fn changes(&self, remaining: Vec<Remaining>) -> Applied {
        let parts: Vec<Part<'_>> = self.plan.checkpoints().iter().zip(remaining).collect();
        let creations = parts.iter().map(|part| self.create(part)).collect();
        let mut steps: Vec<Vec<Step>> = parallel::all(creations, self.concurrency).await;
        let undone = Undone::of(&steps);
        let deletions: Vec<(usize, &Part<'_>, &Grant)> = parts
            .iter()
            .enumerate()
            .flat_map(|(n, part)| part.0.delete.iter().map(move |grant| (n, part, grant)))
            .collect();
        let sent = deletions
            .iter()
            .map(|(_, part, grant)| self.delete(part, grant, &undone))
            .collect();
        let deleted = parallel::all(sent, self.concurrency).await;
        for ((n, ..), step) in deletions.iter().zip(deleted) {
            steps[*n].push(step);
        }
        Applied {
            steps: steps.into_iter().flatten().collect(),
        }
    }

    async fn create(&self, (part, remaining): &Part<'_>) -> Vec<Step> {
        let is_missing = |project_id: &&ProjectId| !remaining.existing.contains_key(*project_id);
        let missing: Vec<ProjectId> = part.create.iter().filter(is_missing).cloned().collect();
        let mut outcomes: HashMap<ProjectId, Outcome> = HashMap::new();
        if !missing.is_empty() {
            self.create_missing(&part.checkpoint, missing, &mut outcomes)
                .await;
        }
        let existing = remaining.existing.values().cloned();
        outcomes.extend(by_project(existing, Outcome::Existing));
        part.create
            .iter()
            .filter_map(|project_id| {
                let outcome = outcomes.remove(project_id)?;
                let project_id = project_id.clone();
                Some(self.step(&part.checkpoint, Change::Create { project_id }, outcome))
            })
            .collect()
    }

    /// Notes an outcome for each of the missing ones.
    async fn create_missing(
        &self,
        checkpoint: &CheckpointId,
        missing: Vec<ProjectId>,
        outcomes: &mut HashMap<ProjectId, Outcome>,
    ) {
        let rest = match self.halt.reason() {
            Some(reason) => Outcome::NotStarted(reason),
            None => match self.send_create(checkpoint, missing.clone()).await {
                Ok(created) => {
                    note(created.iter(), outcomes);
                    Outcome::Failed(Arc::new(Error::new(
                        Kind::Incomplete,
                        Action::Create(checkpoint.clone()),
                        "the answer does not cover every project",
                    )))
                }
                Err(error) => {
                    self.halt.consider(&error);
                    note(error.created().iter(), outcomes);
                    Outcome::Failed(Arc::new(error))
                }
            },
        };
        for project_id in missing {
            outcomes.entry(project_id).or_insert_with(|| rest.clone());
        }
    }

    async fn send_create(
        &self,
        checkpoint: &CheckpointId,
        project_ids: Vec<ProjectId>,
    ) -> Result<Created, Error> {
        let permissions = Permissions::new(self.client.clone(), checkpoint.clone());
        let create = permissions.create(project_ids);
        create.with_options(self.live.options()).send().await
    }

    async fn delete(&self, (part, remaining): &Part<'_>, grant: &Grant, undone: &Undone) -> Step {
        let outcome = if !remaining.to_delete.contains(grant) {
            Outcome::AlreadyGone
        } else if let Some(reason) = self.halt.reason() {
            Outcome::NotStarted(reason)
        } else if undone.holds(&part.checkpoint, &grant.project_id) {
            Outcome::NotStarted(NotStarted::CreateFirst)
        } else {
            self.send_delete(&part.checkpoint, grant).await
        };
        self.step(&part.checkpoint, grant.clone().into(), outcome)
    }

    async fn send_delete(&self, checkpoint: &CheckpointId, grant: &Grant) -> Outcome {
        let permissions = Permissions::new(self.client.clone(), checkpoint.clone());
        let delete = permissions.delete(&grant.permission_id);
        let result = delete.with_options(self.live.options()).send().await;
        match result {
            Ok(deleted) if deleted.already_gone => Outcome::AlreadyGone,
            Ok(_) => Outcome::Deleted,
            Err(error) if error.confirms_absence() => Outcome::AlreadyGone,
            Err(error) => {
                self.halt.consider(&error);
                Outcome::Failed(Arc::new(error))
            }
        }
    }

    fn step(&self, checkpoint: &CheckpointId, change: Change, outcome: Outcome) -> Step {
        let step = Step {
            checkpoint: checkpoint.clone(),
            change,
            outcome,
        };
        if let Some(report) = self.report {
            report(&step);
        }
        step
    }
}

impl Undone {
    fn of(steps: &[Vec<Step>]) -> Self {
        let undone = steps
            .iter()
            .flatten()
            .filter(|step| !step.outcome.is_done());
        let (checkpoints, projects) = undone
            .map(|step| (step.checkpoint.clone(), step.change.project_id().clone()))
            .unzip();
        Self {
            checkpoints,
            projects,
        }
    }

    fn holds(&self, checkpoint: &CheckpointId, project_id: &ProjectId) -> bool {
        self.checkpoints.contains(checkpoint) || self.projects.contains(project_id)
    }
}

fn note<'a>(
    created: impl Iterator<Item = &'a Permission>,
    outcomes: &mut HashMap<ProjectId, Outcome>,
) {
    outcomes.extend(by_project(created.cloned(), Outcome::Created));
}

fn by_project(
    permissions: impl Iterator<Item = Permission>,
    outcome: fn(Permission) -> Outcome,
) -> impl Iterator<Item = (ProjectId, Outcome)> {
    permissions.map(move |permission| (permission.project_id.clone(), outcome(permission)))
}
