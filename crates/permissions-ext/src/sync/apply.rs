use std::collections::{BTreeMap, HashMap, HashSet};
use std::future::{Future, pending};
use std::pin::pin;
use std::sync::OnceLock;

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Either, select};
use sync_wrapper::SyncWrapper;

use super::{
    Applied, AppliedChange, CONCURRENCY, Change, CheckpointPlan, Outcome, PermissionRef, Plan,
    SkipReason, Target,
};
use crate::action::Action;
use crate::bulk::{Bulk, BulkOptions, bulk_options};
use crate::client::Client;
use crate::error::{Error, ErrorKind};
use crate::model::{CheckpointId, Permission, PermissionId, ProjectId};
use crate::options::{RequestOptions, request_options};
use crate::progress::Callback;

/// A request to apply a plan.
///
/// Deletes require [`allow_delete`](Self::allow_delete). Deleting all permissions of a checkpoint also requires
/// [`allow_empty`](Self::allow_empty).
#[derive(Debug)]
#[must_use = "nothing is changed before `send`"]
pub struct Apply {
    client: Client,
    plan: Plan,
    allow_delete: bool,
    allow_empty: bool,
    bulk: BulkOptions,
    on_change: Callback<AppliedChange>,
    stop: SyncWrapper<BoxFuture<'static, ()>>,
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
            bulk: BulkOptions::new(CONCURRENCY),
            on_change: Callback::default(),
            stop: SyncWrapper::new(pending().boxed()),
            options: RequestOptions::default(),
        }
    }
}

request_options!(Apply);
bulk_options!(Apply);

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

    /// Sets a callback for the outcome of each change. The callback is called once per change of the plan, in the order
    /// in which the changes end.
    pub fn on_change(mut self, callback: impl Fn(&AppliedChange) + Send + Sync + 'static) -> Self {
        self.on_change = Callback::new(callback);
        self
    }

    /// Stops the apply when this future completes. Requests that have been sent are finished, and changes that have not
    /// been requested are skipped. If you drop the future of [`send`](Self::send) instead, the outcome of the last
    /// requests is unknown.
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
        self.stop = SyncWrapper::new(signal.boxed());
        self
    }

    /// Compares the plan with the live state and applies the plan: first all creates, then all deletes.
    ///
    /// A failed change does not end the apply. The result contains the error of the change. A permission is deleted
    /// only if every planned create for the same checkpoint and every planned create for the same project has
    /// succeeded.
    ///
    /// If an apply was interrupted, apply the same plan again. The second apply keeps the changes that were
    /// made and makes the remaining changes.
    ///
    /// # Errors
    ///
    /// Fails before anything is changed:
    ///
    /// * [`TargetMismatch`](ErrorKind::TargetMismatch) if the plan was made for another target,
    /// * [`NotAllowed`](ErrorKind::NotAllowed) if the plan contains deletes that are not allowed,
    /// * [`StalePlan`](ErrorKind::StalePlan) if the live state has changed and the plan does not contain the change,
    /// * any other kind if the live state cannot be read.
    pub async fn send(self) -> Result<Applied, Error> {
        self.options.check(|| Action::Apply(None))?;
        self.check_target()?;
        self.check_allowed()?;
        let total = self.plan.checkpoints().len() + self.plan.changes().count();
        let run = Run {
            bulk: Bulk::new(self.client, self.options, self.bulk, total),
            plan: self.plan,
            on_change: self.on_change,
            ended: OnceLock::new(),
        };
        match select(self.stop.into_inner(), pin!(run.apply())).await {
            Either::Left(((), rest)) => {
                run.end(SkipReason::Stopped);
                run.bulk.progress.stop();
                rest.await
            }
            Either::Right((applied, _)) => applied,
        }
    }

    fn check_target(&self) -> Result<(), Error> {
        let (planned, actual) = (self.plan.target(), Target::new(&self.client, &self.options));
        if *planned == actual {
            return Ok(());
        }
        let reason = format!("the plan was made for {planned}, but the client uses {actual}");
        let action = Action::Apply(None);
        Err(Error::new(ErrorKind::TargetMismatch, action, reason))
    }

    fn check_allowed(&self) -> Result<(), Error> {
        let parts = self.plan.checkpoints();
        let deleting = parts.iter().find(|part| !part.delete.is_empty());
        let (checkpoint, reason) = match (deleting, self.plan.emptied().next()) {
            (Some(part), _) if !self.allow_delete => {
                let deletions = self.plan.deletions();
                let reason =
                    format!("the plan deletes {deletions} permissions, which is not allowed");
                (&part.checkpoint, reason)
            }
            (_, Some(checkpoint)) if !self.allow_empty => {
                let reason =
                    "the plan deletes all permissions of the checkpoint, which is not allowed";
                (checkpoint, reason.to_owned())
            }
            _ => return Ok(()),
        };
        let action = Action::Apply(Some(checkpoint.clone()));
        Err(Error::new(ErrorKind::NotAllowed, action, reason))
    }
}

/// An apply whose plan is allowed and belongs to the client's target.
struct Run {
    bulk: Bulk,
    plan: Plan,
    on_change: Callback<AppliedChange>,
    /// The reason why no more changes are requested.
    ended: OnceLock<SkipReason>,
}

/// The live permissions of one checkpoint.
type Live = BTreeMap<PermissionId, Permission>;

impl Run {
    /// Makes all creates before any delete, so that a project that moves to another checkpoint always has a permission.
    async fn apply(&self) -> Result<Applied, Error> {
        let parts = self.plan.checkpoints();
        let live = match self.read_live().await {
            // After a stop, all changes are skipped, so the live state is not needed.
            Err(_) if self.ended.get().is_some() => vec![None; parts.len()],
            live => live?.into_iter().map(Some).collect(),
        };
        let parts: Vec<_> = parts.iter().zip(&live).collect();
        let creates = self.bulk.run(parts.len(), |index| {
            let (part, live) = parts[index];
            self.create(part, live.as_ref()).map(Ok)
        });
        let creates = creates.await?;
        let undone = creates.iter().flatten().filter(|it| !it.outcome.is_done());
        // The permissions of these checkpoints and projects are not deleted.
        let (checkpoints, projects): (HashSet<&CheckpointId>, HashSet<&ProjectId>) = undone
            .map(|it| (&it.checkpoint, it.change.project_id()))
            .unzip();
        let deletes: Vec<_> = parts
            .iter()
            .flat_map(|(part, live)| {
                part.delete
                    .iter()
                    .map(move |it| (&part.checkpoint, live, it))
            })
            .collect();
        let deletes = self.bulk.run(deletes.len(), |index| {
            let (checkpoint, live, permission) = deletes[index];
            let is_needed =
                checkpoints.contains(checkpoint) || projects.contains(&permission.project_id);
            let delete = self.delete(checkpoint, live.as_ref(), permission, is_needed);
            delete.map(Ok)
        });
        let mut deletes = deletes.await?.into_iter();
        let mut changes = Vec::new();
        for ((part, _), creates) in parts.iter().zip(creates) {
            changes.extend(creates);
            changes.extend(deletes.by_ref().take(part.delete.len()));
        }
        Ok(Applied { changes })
    }

    /// Lists the live state. Fails if it differs from the state for which the plan was made, except by changes of the plan.
    async fn read_live(&self) -> Result<Vec<Live>, Error> {
        let parts = self.plan.checkpoints();
        let checkpoints = parts.iter().map(|part| &part.checkpoint).collect();
        let lists = self.bulk.list_all(checkpoints).await?.into_iter();
        let live: Vec<Live> = lists
            .map(|list| list.into_iter().map(|it| (it.id.clone(), it)).collect())
            .collect();
        let mut stale = parts
            .iter()
            .zip(&live)
            .filter_map(|(part, live)| Some((&part.checkpoint, part.unexpected(live)?)));
        let Some((checkpoint, difference)) = stale.next() else {
            return Ok(live);
        };
        let others = match stale.count() {
            0 => String::new(),
            others => format!(", and {others} more checkpoints have changed"),
        };
        let reason =
            format!("the live state has changed since the plan was made: {difference}{others}");
        let action = Action::Apply(Some(checkpoint.clone()));
        Err(Error::new(ErrorKind::StalePlan, action, reason))
    }

    /// Makes the creates of one checkpoint in one call.
    async fn create(&self, part: &CheckpointPlan, live: Option<&Live>) -> Vec<AppliedChange> {
        let live = live.into_iter().flat_map(BTreeMap::values);
        let existing: HashMap<_, _> = live.map(|it| (&it.project_id, it)).collect();
        let missing = part.create.iter().filter(|it| !existing.contains_key(it));
        let (created, rest) = self.send_create(&part.checkpoint, missing.collect()).await;
        let created: HashMap<_, _> = created.iter().map(|it| (&it.project_id, it)).collect();
        let creates = part.create.iter().map(|project_id| {
            let outcome = match (existing.get(project_id), created.get(project_id)) {
                (Some(existing), _) => Outcome::Existing((*existing).clone()),
                (None, Some(created)) => Outcome::Created((*created).clone()),
                (None, None) => rest.clone(),
            };
            let project_id = project_id.clone();
            self.finish(&part.checkpoint, Change::Create { project_id }, outcome)
        });
        creates.collect()
    }

    /// Returns the permissions that exist after the create, and an outcome for each project without a permission.
    async fn send_create(
        &self,
        checkpoint: &CheckpointId,
        missing: Vec<&ProjectId>,
    ) -> (Vec<Permission>, Outcome) {
        if let Some(reason) = self.ended.get() {
            return (Vec::new(), Outcome::Skipped(*reason));
        }
        // A create that succeeds has created a permission for every project.
        let no_others = Outcome::Skipped(SkipReason::CreateFailed);
        if missing.is_empty() {
            return (Vec::new(), no_others);
        }
        let create = self.bulk.permissions(checkpoint).create(missing);
        match create.with_options(self.bulk.options()).send().await {
            Ok(created) => (created.into_permissions(), no_others),
            Err(error) => (error.created().to_vec(), self.fail(error)),
        }
    }

    /// Makes one delete. If `is_needed` is true, skips the delete, because a create for the same checkpoint or project
    /// has not succeeded.
    async fn delete(
        &self,
        checkpoint: &CheckpointId,
        live: Option<&Live>,
        permission: &PermissionRef,
        is_needed: bool,
    ) -> AppliedChange {
        let outcome = if live.is_some_and(|live| !live.contains_key(&permission.permission_id)) {
            Outcome::AlreadyGone
        } else if let Some(reason) = self.ended.get() {
            Outcome::Skipped(*reason)
        } else if is_needed {
            Outcome::Skipped(SkipReason::CreateFailed)
        } else {
            let permissions = self.bulk.permissions(checkpoint);
            let delete = permissions.delete(&permission.permission_id);
            match delete.with_options(self.bulk.options()).send().await {
                Ok(deleted) if deleted.already_gone => Outcome::AlreadyGone,
                Ok(_) => Outcome::Deleted,
                Err(error) if error.confirms_absence() => Outcome::AlreadyGone,
                Err(error) => self.fail(error),
            }
        };
        self.finish(checkpoint, permission.clone().into(), outcome)
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

    /// Skips all changes that have not been requested, for this reason. If there is a reason already, that reason is
    /// kept.
    fn end(&self, reason: SkipReason) {
        let _ = self.ended.set(reason);
    }

    fn finish(&self, checkpoint: &CheckpointId, change: Change, outcome: Outcome) -> AppliedChange {
        let change = AppliedChange {
            checkpoint: checkpoint.clone(),
            change,
            outcome,
        };
        self.on_change.call(&change);
        self.bulk.progress.advance();
        change
    }
}
