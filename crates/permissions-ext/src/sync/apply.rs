use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::{Mutex, OnceLock, PoisonError};

use super::change::Remaining;
use super::{
    Applied, AppliedChange, CONCURRENCY, Change, CheckpointPlan, Outcome, PermissionRef, Plan,
    SkipReason, Target,
};
use crate::action::Action;
use crate::bulk::Bulk;
use crate::client::Client;
use crate::error::{Error, ErrorKind};
use crate::model::{CheckpointId, Permission, ProjectId};
use crate::options::{RequestOptions, request_options};
use crate::progress::{OnProgress, Progress};

type OnChange = Box<dyn Fn(&AppliedChange) + Send + Sync>;
type StopSignal = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A request to apply a plan.
///
/// Deletes require [`allow_delete`](Self::allow_delete). Deleting all permissions of a checkpoint also requires
/// [`allow_empty`](Self::allow_empty).
#[must_use = "nothing is changed before `send`"]
pub struct Apply {
    client: Client,
    plan: Plan,
    allow_delete: bool,
    allow_empty: bool,
    concurrency: usize,
    on_change: Option<OnChange>,
    on_progress: OnProgress,
    /// The mutex is never locked. It makes `Apply` `Sync` although the future may not be.
    stop: Option<Mutex<StopSignal>>,
    options: RequestOptions,
}

impl Client {
    /// Applies a plan.
    pub fn apply(&self, plan: Plan) -> Apply {
        Apply {
            client: self.clone(),
            plan,
            allow_delete: false,
            allow_empty: false,
            concurrency: CONCURRENCY,
            on_change: None,
            on_progress: OnProgress::default(),
            stop: None,
            options: RequestOptions::default(),
        }
    }
}

request_options!(Apply);

impl Apply {
    /// Sets whether permissions may be deleted. The default is false.
    pub fn allow_delete(mut self, allow: bool) -> Self {
        self.allow_delete = allow;
        self
    }

    /// Sets whether all permissions of a checkpoint may be deleted. The default is false.
    pub fn allow_empty(mut self, allow: bool) -> Self {
        self.allow_empty = allow;
        self
    }

    /// Sets the number of concurrent requests, at least 1. The default is 8.
    pub fn concurrency(mut self, requests: usize) -> Self {
        self.concurrency = requests.max(1);
        self
    }

    /// Sets a callback for the outcome of each change. It is called once per change of the plan, in the order in which
    /// the changes end.
    pub fn on_change(mut self, callback: impl Fn(&AppliedChange) + Send + Sync + 'static) -> Self {
        self.on_change = Some(Box::new(callback));
        self
    }

    /// Sets a callback for each step and each wait that the API asks for. The steps are the checkpoints, which are read
    /// first, and then the changes.
    pub fn on_progress(mut self, callback: impl Fn(&Progress) + Send + Sync + 'static) -> Self {
        self.on_progress = OnProgress::new(callback);
        self
    }

    /// Stops the apply when this future completes. Requests that have been sent are finished, and the other changes are
    /// skipped. If you drop the future of [`send`](Self::send) instead, the outcome of its last requests is unknown.
    ///
    /// ```no_run
    /// # use permissions_ext::sync::Plan;
    /// # async fn run(client: permissions_ext::Client, plan: Plan) -> Result<(), permissions_ext::Error> {
    /// let interrupted = async {
    ///     let _ = tokio::signal::ctrl_c().await;
    /// };
    /// let applied = client.apply(plan).stop_when(interrupted).send().await?;
    /// println!("{applied}");
    /// # Ok(())
    /// # }
    /// ```
    pub fn stop_when(mut self, signal: impl Future<Output = ()> + Send + 'static) -> Self {
        self.stop = Some(Mutex::new(Box::pin(signal)));
        self
    }

    /// Compares the plan with the live state and applies it: first all creates, then all deletes.
    ///
    /// A failed change does not end the apply. The result contains its error. A permission is only deleted if all
    /// creates of the plan for the same checkpoint, and for the same project, are done.
    ///
    /// If an apply was interrupted, apply the same plan again. Changes that are done stay, and the others are made.
    ///
    /// # Errors
    ///
    /// Fails before anything is changed:
    ///
    /// * [`TargetMismatch`](ErrorKind::TargetMismatch) if the plan was made for another target,
    /// * [`NotAllowed`](ErrorKind::NotAllowed) if the plan deletes and that is not allowed,
    /// * [`StalePlan`](ErrorKind::StalePlan) if the live state has changed and the plan does not contain the change,
    /// * any other kind if the live state cannot be read.
    pub async fn send(self) -> Result<Applied, Error> {
        self.options.check(|| Action::Apply(None))?;
        self.check_target()?;
        self.check_allowed()?;
        let total = self.plan.checkpoints().len() + self.plan.changes().count();
        let run = Run {
            bulk: Bulk::new(
                self.client,
                self.options,
                self.concurrency,
                self.on_progress,
                total,
            ),
            plan: self.plan,
            on_change: self.on_change,
            ended: OnceLock::new(),
        };
        let stop = self
            .stop
            .map(|stop| stop.into_inner().unwrap_or_else(PoisonError::into_inner));
        run.run_until(stop).await
    }

    fn check_target(&self) -> Result<(), Error> {
        let (planned, actual) = (self.plan.target(), Target::new(&self.client, &self.options));
        if *planned == actual {
            return Ok(());
        }
        let reason = format!("the plan was made for {planned}, but the client uses {actual}");
        Err(Error::new(
            ErrorKind::TargetMismatch,
            Action::Apply(None),
            reason,
        ))
    }

    fn check_allowed(&self) -> Result<(), Error> {
        let refuse = |checkpoint: &CheckpointId, reason: String| {
            let action = Action::Apply(Some(checkpoint.clone()));
            Err(Error::new(ErrorKind::NotAllowed, action, reason))
        };
        let mut deleting = self
            .plan
            .checkpoints()
            .iter()
            .filter(|it| !it.delete.is_empty());
        if !self.allow_delete
            && let Some(part) = deleting.next()
        {
            let deletions = self.plan.deletions();
            let reason = format!("the plan deletes {deletions} permissions, which is not allowed");
            return refuse(&part.checkpoint, reason);
        }
        match self.plan.emptied().next() {
            Some(checkpoint) if !self.allow_empty => {
                let reason =
                    "the plan deletes all permissions of the checkpoint, which is not allowed";
                refuse(checkpoint, reason.to_owned())
            }
            _ => Ok(()),
        }
    }
}

/// An apply whose plan is allowed and belongs to the client's target.
struct Run {
    bulk: Bulk,
    plan: Plan,
    on_change: Option<OnChange>,
    /// The reason why no more changes are requested.
    ended: OnceLock<SkipReason>,
}

/// One checkpoint of the plan, with the changes that are not done yet.
type Part<'a> = (&'a CheckpointPlan, Remaining);

/// Checkpoints and projects with a failed or skipped create. Their permissions are not deleted.
struct Undone {
    checkpoints: BTreeSet<CheckpointId>,
    projects: BTreeSet<ProjectId>,
}

impl Run {
    /// Applies the plan. When the signal completes, no more requests are sent.
    async fn run_until(&self, mut stop: Option<StopSignal>) -> Result<Applied, Error> {
        let mut run = pin!(async {
            match self.read_remaining().await {
                Ok(remaining) => Ok(self.apply(remaining).await),
                Err(error) => Err(error),
            }
        });
        poll_fn(|cx| {
            if let Some(signal) = &mut stop
                && signal.as_mut().poll(cx).is_ready()
            {
                stop = None;
                self.end(SkipReason::Stopped);
                self.bulk.progress.stop();
            }
            run.as_mut().poll(cx)
        })
        .await
    }

    /// Lists the live state. Fails if it has changes that the plan does not contain.
    async fn read_remaining(&self) -> Result<Vec<Remaining>, Error> {
        let parts = self.plan.checkpoints();
        let checkpoints = parts.iter().map(|part| &part.checkpoint).collect();
        let live = match self.bulk.list_all(checkpoints).await {
            // Returns without an error, because a stopped apply skips all changes.
            Err(_) if self.ended.get().is_some() => {
                return Ok(parts.iter().map(Remaining::all).collect());
            }
            live => live?,
        };
        let mut remaining = Vec::with_capacity(parts.len());
        let mut stale = Vec::new();
        for (part, permissions) in parts.iter().zip(live) {
            match part.compare(permissions) {
                Ok(part) => remaining.push(part),
                Err(difference) => stale.push((&part.checkpoint, difference)),
            }
        }
        let Some((checkpoint, difference)) = stale.first() else {
            return Ok(remaining);
        };
        let others = match stale.len() - 1 {
            0 => String::new(),
            others => format!(", and {others} more checkpoints have changed"),
        };
        let reason =
            format!("the live state has changed since the plan was made: {difference}{others}");
        let action = Action::Apply(Some((*checkpoint).clone()));
        Err(Error::new(ErrorKind::StalePlan, action, reason))
    }

    /// Makes all creates before any delete, so that a project that moves to another checkpoint always has one.
    async fn apply(&self, remaining: Vec<Remaining>) -> Applied {
        let parts: Vec<Part<'_>> = self.plan.checkpoints().iter().zip(remaining).collect();
        let creates = self
            .bulk
            .run(parts.len(), |index| self.create(&parts[index]));
        let mut changes: Vec<Vec<AppliedChange>> = creates.await;
        let undone = Undone::new(&changes);
        let deletes: Vec<(usize, &Part<'_>, &PermissionRef)> = (0..)
            .zip(&parts)
            .flat_map(|(index, part)| part.0.delete.iter().map(move |it| (index, part, it)))
            .collect();
        let requests = self.bulk.run(deletes.len(), |index| {
            let (_, part, permission) = deletes[index];
            self.delete(part, permission, &undone)
        });
        let deleted = requests.await;
        for ((index, ..), change) in deletes.iter().zip(deleted) {
            changes[*index].push(change);
        }
        Applied {
            changes: changes.into_iter().flatten().collect(),
        }
    }

    /// Makes the creates of one checkpoint in one call.
    async fn create(&self, (part, remaining): &Part<'_>) -> Vec<AppliedChange> {
        let existing = remaining.existing.values().cloned();
        let mut outcomes: HashMap<ProjectId, Outcome> = by_project(existing, Outcome::Existing);
        let missing = part.create.iter().filter(|it| !outcomes.contains_key(*it));
        let missing: Vec<ProjectId> = missing.cloned().collect();
        if !missing.is_empty() {
            let rest = match self.ended.get() {
                Some(reason) => Outcome::Skipped(*reason),
                None => {
                    self.send_create(&part.checkpoint, &missing, &mut outcomes)
                        .await
                }
            };
            for project_id in missing {
                outcomes.entry(project_id).or_insert_with(|| rest.clone());
            }
        }
        let creates = part.create.iter().filter_map(|project_id| {
            let outcome = outcomes.remove(project_id)?;
            let project_id = project_id.clone();
            Some(self.finish(&part.checkpoint, Change::Create { project_id }, outcome))
        });
        creates.collect()
    }

    /// Records the projects whose permissions exist after the create. Returns the outcome of the other projects.
    async fn send_create(
        &self,
        checkpoint: &CheckpointId,
        project_ids: &[ProjectId],
        outcomes: &mut HashMap<ProjectId, Outcome>,
    ) -> Outcome {
        let create = self.bulk.permissions(checkpoint).create(project_ids);
        match create.with_options(self.bulk.options()).send().await {
            Ok(created) => {
                outcomes.extend(by_project(created.into_permissions(), Outcome::Created));
                let reason = "the response does not confirm every project";
                let action = Action::Create(checkpoint.clone());
                Outcome::Failed(Error::new(ErrorKind::Incomplete, action, reason))
            }
            Err(error) => {
                let created = error.created().iter().cloned();
                outcomes.extend(by_project(created, Outcome::Created));
                self.fail(error)
            }
        }
    }

    async fn delete(
        &self,
        (part, remaining): &Part<'_>,
        permission: &PermissionRef,
        undone: &Undone,
    ) -> AppliedChange {
        let outcome = if !remaining.to_delete.contains(permission) {
            Outcome::AlreadyGone
        } else if let Some(reason) = self.ended.get() {
            Outcome::Skipped(*reason)
        } else if undone.contains(&part.checkpoint, &permission.project_id) {
            Outcome::Skipped(SkipReason::CreateFailed)
        } else {
            self.send_delete(&part.checkpoint, permission).await
        };
        self.finish(&part.checkpoint, permission.clone().into(), outcome)
    }

    async fn send_delete(&self, checkpoint: &CheckpointId, permission: &PermissionRef) -> Outcome {
        let delete = self
            .bulk
            .permissions(checkpoint)
            .delete(&permission.permission_id);
        match delete.with_options(self.bulk.options()).send().await {
            Ok(deleted) if deleted.already_gone => Outcome::AlreadyGone,
            Ok(_) => Outcome::Deleted,
            Err(error) if error.confirms_absence() => Outcome::AlreadyGone,
            Err(error) => self.fail(error),
        }
    }

    /// Returns the outcome of a failed request. Ends the apply if all other requests would fail with the same error.
    fn fail(&self, error: Error) -> Outcome {
        match error.kind() {
            ErrorKind::Cancelled if error.attempts().is_empty() => {
                return Outcome::Skipped(SkipReason::Stopped);
            }
            ErrorKind::Unauthorized
            | ErrorKind::QuotaExceeded
            | ErrorKind::Config
            | ErrorKind::Key
            | ErrorKind::Deadline => self.end(SkipReason::Aborted),
            _ => {}
        }
        Outcome::Failed(error)
    }

    /// Skips all changes that have not been requested. The first reason is kept.
    fn end(&self, reason: SkipReason) {
        let _ = self.ended.set(reason);
    }

    fn finish(&self, checkpoint: &CheckpointId, change: Change, outcome: Outcome) -> AppliedChange {
        let change = AppliedChange {
            checkpoint: checkpoint.clone(),
            change,
            outcome,
        };
        if let Some(callback) = &self.on_change {
            callback(&change);
        }
        self.bulk.progress.advance();
        change
    }
}

impl Undone {
    fn new(creates: &[Vec<AppliedChange>]) -> Self {
        let undone = creates.iter().flatten().filter(|it| !it.outcome.is_done());
        let (checkpoints, projects) = undone
            .map(|it| (it.checkpoint.clone(), it.change.project_id().clone()))
            .unzip();
        Self {
            checkpoints,
            projects,
        }
    }

    fn contains(&self, checkpoint: &CheckpointId, project_id: &ProjectId) -> bool {
        self.checkpoints.contains(checkpoint) || self.projects.contains(project_id)
    }
}

fn by_project(
    permissions: impl IntoIterator<Item = Permission>,
    outcome: fn(Permission) -> Outcome,
) -> HashMap<ProjectId, Outcome> {
    let permissions = permissions.into_iter();
    permissions
        .map(|it| (it.project_id.clone(), outcome(it)))
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
