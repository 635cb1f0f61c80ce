use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use tokio::sync::Semaphore;

use super::planning::live;
use super::{Applied, CONCURRENCY, Change, CheckpointPlan, Grant, Outcome, Plan, Step};
use crate::action::Action;
use crate::error::Kind;
use crate::options::CallOptions;
use crate::{CheckpointId, Client, Created, Error, Permission, ProjectId};

type OnStep = Arc<dyn Fn(&Step) + Send + Sync>;

/// A plan to be applied; [`send`](Self::send) does it.
///
/// Deletions have to be allowed with [`allow_delete`](Self::allow_delete), and leaving a checkpoint without any access
/// with [`allow_empty`](Self::allow_empty) on top.
#[derive(Clone)]
#[must_use = "nothing is changed before `send`"]
pub struct Apply {
    client: Client,
    plan: Plan,
    allow_delete: bool,
    allow_empty: bool,
    concurrency: usize,
    on_step: Option<OnStep>,
    options: CallOptions,
}

impl Apply {
    pub(crate) fn new(client: Client, plan: Plan) -> Self {
        Self {
            client,
            plan,
            allow_delete: false,
            allow_empty: false,
            concurrency: CONCURRENCY,
            on_step: None,
            options: CallOptions::new(),
        }
    }

    /// Whether permissions may be deleted; false unless set.
    pub fn allow_delete(mut self, allow: bool) -> Self {
        self.allow_delete = allow;
        self
    }

    /// Whether a checkpoint may lose all access; false unless set.
    pub fn allow_empty(mut self, allow: bool) -> Self {
        self.allow_empty = allow;
        self
    }

    /// How many requests are under way at a time, at least 1; 8 unless set.
    pub fn concurrency(mut self, requests: usize) -> Self {
        self.concurrency = requests.max(1);
        self
    }

    /// Called with each change as soon as its outcome is known.
    pub fn on_step(mut self, report: impl Fn(&Step) + Send + Sync + 'static) -> Self {
        self.on_step = Some(Arc::new(report));
        self
    }

    /// Headers, time-outs and the like for each request.
    pub fn options(mut self, options: CallOptions) -> Self {
        self.options = options;
        self
    }

    /// Checks the plan against the live state and carries it out, creations of a checkpoint before its deletions.
    ///
    /// Changes that fail are in the result, with their error; the other checkpoints go on. A plan that was carried out
    /// in part may be applied again: what is done stays done.
    ///
    /// # Errors
    ///
    /// Before anything is changed: where the plan deletes and that is not allowed ([`Error::is_not_allowed`]), where
    /// the live state is no longer that of the plan ([`Error::is_stale_plan`]), and where it cannot be read.
    pub async fn send(self) -> Result<Applied, Error> {
        self.check_allowed()?;
        self.check_fresh().await?;
        let permits = Semaphore::new(self.concurrency);
        let parts: Vec<_> = self
            .plan
            .checkpoints()
            .iter()
            .map(|part| self.apply_part(part, &permits))
            .collect();
        let steps: Vec<Vec<Step>> = stream::iter(parts)
            .buffered(self.concurrency)
            .collect()
            .await;
        Ok(Applied {
            steps: steps.into_iter().flatten().collect(),
        })
    }

    fn check_allowed(&self) -> Result<(), Error> {
        let refuse = |checkpoint: &CheckpointId, reason: String| {
            Err(Error::new(
                Kind::NotAllowed,
                Action::Apply(checkpoint.clone()),
                reason,
            ))
        };
        let mut parts = self.plan.checkpoints().iter();
        if !self.allow_delete
            && let Some(part) = parts.find(|part| !part.delete.is_empty())
        {
            let deletions = self.plan.deletions();
            return refuse(
                &part.checkpoint,
                format!("the plan deletes {deletions} permissions, which is not allowed"),
            );
        }
        match self.plan.emptied().next() {
            Some(checkpoint) if !self.allow_empty => refuse(
                checkpoint,
                "the plan leaves no project with access, which is not allowed".to_owned(),
            ),
            _ => Ok(()),
        }
    }

    async fn check_fresh(&self) -> Result<(), Error> {
        let deadline = self.client.transport().deadline(&self.options);
        let checks = self
            .plan
            .checkpoints()
            .iter()
            .map(async |part: &CheckpointPlan| {
                let live = live(&self.client, &part.checkpoint, &self.options, deadline).await?;
                match part.moved(&live) {
                    None => Ok(()),
                    Some(difference) => {
                        let reason =
                            format!("the live state is not that of the plan: {difference}");
                        Err(Error::new(
                            Kind::StalePlan,
                            Action::Apply(part.checkpoint.clone()),
                            reason,
                        ))
                    }
                }
            });
        let checks: Vec<_> = checks.collect();
        stream::iter(checks)
            .buffer_unordered(self.concurrency)
            .try_collect()
            .await
    }

    async fn apply_part(&self, part: &CheckpointPlan, permits: &Semaphore) -> Vec<Step> {
        let mut steps = self.create(part, permits).await;
        if steps.iter().any(|step| !step.outcome.is_done()) {
            steps.extend(
                part.delete
                    .iter()
                    .map(|grant| self.step(part, grant.clone().into(), Outcome::Skipped)),
            );
            return steps;
        }
        let deletions: Vec<_> = part
            .delete
            .iter()
            .map(|grant| self.delete(part, grant, permits))
            .collect();
        let deletions: Vec<Step> = stream::iter(deletions)
            .buffered(self.concurrency)
            .collect()
            .await;
        steps.extend(deletions);
        steps
    }

    async fn create(&self, part: &CheckpointPlan, permits: &Semaphore) -> Vec<Step> {
        if part.create.is_empty() {
            return Vec::new();
        }
        let permit = permits.acquire().await;
        let permissions = self.client.permissions(&part.checkpoint);
        let result = permissions
            .create(part.create.iter().cloned())
            .options(self.options.clone())
            .send()
            .await;
        drop(permit);
        let (mut settled, error) = match result {
            Ok(created) => (outcomes(&created), None),
            Err(error) => (
                error.created().map(outcomes).unwrap_or_default(),
                Some(Arc::new(error)),
            ),
        };
        let outcome = |project_id: &ProjectId| match (settled.remove(project_id), &error) {
            (Some(outcome), _) => outcome,
            (None, Some(error)) => Outcome::Failed(error.clone()),
            (None, None) => Outcome::Skipped,
        };
        let outcomes: Vec<Outcome> = part.create.iter().map(outcome).collect();
        let changes = part.create.iter().map(|project_id| Change::Create {
            project_id: project_id.clone(),
        });
        changes
            .zip(outcomes)
            .map(|(change, outcome)| self.step(part, change, outcome))
            .collect()
    }

    async fn delete(&self, part: &CheckpointPlan, grant: &Grant, permits: &Semaphore) -> Step {
        let permit = permits.acquire().await;
        let permissions = self.client.permissions(&part.checkpoint);
        let result = permissions
            .delete(&grant.permission_id)
            .options(self.options.clone())
            .send()
            .await;
        drop(permit);
        let outcome = match result {
            Ok(deleted) if deleted.already_gone => Outcome::AlreadyGone,
            Ok(_) => Outcome::Deleted,
            Err(error) if error.is_not_found() => Outcome::AlreadyGone,
            Err(error) => Outcome::Failed(Arc::new(error)),
        };
        self.step(part, grant.clone().into(), outcome)
    }

    fn step(&self, part: &CheckpointPlan, change: Change, outcome: Outcome) -> Step {
        let step = Step {
            checkpoint: part.checkpoint.clone(),
            change,
            outcome,
        };
        if let Some(report) = &self.on_step {
            report(&step);
        }
        step
    }
}

fn outcomes(created: &Created) -> HashMap<ProjectId, Outcome> {
    let by_project = |make: fn(Permission) -> Outcome| {
        move |permission: &Permission| (permission.project_id.clone(), make(permission.clone()))
    };
    let new = created.created().map(by_project(Outcome::Created));
    new.chain(created.existing().map(by_project(Outcome::Existing)))
        .collect()
}

impl fmt::Debug for Apply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Apply")
            .field("plan", &self.plan)
            .field("allow_delete", &self.allow_delete)
            .field("allow_empty", &self.allow_empty)
            .field("concurrency", &self.concurrency)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}
