use std::fmt;
use std::future::Future;
use std::sync::{Mutex, PoisonError};

use super::checkpoint_plan::Remaining;
use super::halt::{Halt, Signal};
use super::live::Live;
use super::run::Run;
use super::{Applied, CONCURRENCY, Plan, Step};
use crate::action::Action;
use crate::error::Kind;
use crate::options::RequestOptions;
use crate::{CheckpointId, Client, Error, parallel};

type OnStep = Box<dyn Fn(&Step) + Send + Sync>;

/// A plan to be applied; [`send`](Self::send) does it.
///
/// Deletions have to be allowed with [`allow_delete`](Self::allow_delete), and leaving a checkpoint without any access
/// with [`allow_empty`](Self::allow_empty) on top.
#[must_use = "nothing is changed before `send`"]
pub struct Apply {
    client: Client,
    plan: Plan,
    allow_delete: bool,
    allow_empty: bool,
    concurrency: usize,
    on_step: Option<OnStep>,
    /// The mutex is never locked: it makes a future that need not be `Sync` part of a value that is.
    stop: Option<Mutex<Signal>>,
    options: RequestOptions,
}

impl Apply {
    pub(super) fn new(client: Client, plan: Plan) -> Self {
        Self {
            client,
            plan,
            allow_delete: false,
            allow_empty: false,
            concurrency: CONCURRENCY,
            on_step: None,
            stop: None,
            options: RequestOptions::default(),
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

    /// Called with each change as soon as its outcome is known, in the order in which they end. There will be as many
    /// calls as the plan has changes.
    pub fn on_step(mut self, report: impl Fn(&Step) + Send + Sync + 'static) -> Self {
        self.on_step = Some(Box::new(report));
        self
    }

    /// Stops when this future is ready: what is under way is finished, nothing more is started, and the result tells
    /// which is which. Dropping the call instead would leave in doubt what its last requests did.
    ///
    /// ```no_run
    /// # async fn run(client: permissions_ext::Client, plan: permissions_ext::sync::Plan) -> Result<(), Box<dyn std::error::Error>> {
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

    /// Checks the plan against the live state and carries it out: first what it creates, then what it deletes.
    ///
    /// Changes that fail are in the result, with their error, and the others go on. A permission is not deleted while
    /// a creation of the plan is undone for the same checkpoint, or for the same project anywhere.
    ///
    /// A plan that was carried out in part may be applied again: what is done stays done, and the rest follows.
    ///
    /// # Errors
    ///
    /// Before anything is changed: where the plan deletes and that is not allowed ([`Error::is_not_allowed`]), where
    /// the live state is no longer that of the plan ([`Error::is_stale_plan`]), and where it cannot be read.
    pub async fn send(self) -> Result<Applied, Error> {
        self.check_allowed()?;
        let live = Live::new(&self.client, &self.options);
        let remaining = self.check_fresh(&live).await?;
        let run = Run {
            client: &self.client,
            plan: &self.plan,
            live: &live,
            concurrency: self.concurrency,
            report: self.on_step.as_deref(),
            halt: Halt::default(),
        };
        let stop = self.stop.map(unwrap_signal);
        Ok(run.to_the_end(remaining, stop).await)
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

    /// What is left to do of each part; an error where any of them is not what it was.
    async fn check_fresh(&self, live: &Live<'_>) -> Result<Vec<Remaining>, Error> {
        let parts = self.plan.checkpoints();
        let reads: Vec<_> = parts
            .iter()
            .map(|part| live.read(&part.checkpoint, part.only.as_ref()))
            .collect();
        let states = parallel::try_all(reads, self.concurrency).await?;
        let mut remaining = Vec::with_capacity(parts.len());
        let mut moved = Vec::new();
        for (part, permissions) in parts.iter().zip(states) {
            match part.compare(permissions) {
                Ok(left) => remaining.push(left),
                Err(difference) => moved.push((&part.checkpoint, difference)),
            }
        }
        let Some((checkpoint, difference)) = moved.first() else {
            return Ok(remaining);
        };
        let others = match moved.len() - 1 {
            0 => String::new(),
            others => format!(", and {others} more of its checkpoints have moved"),
        };
        Err(Error::new(
            Kind::StalePlan,
            Action::Apply((*checkpoint).clone()),
            format!("the live state is not that of the plan: {difference}{others}"),
        ))
    }
}

fn unwrap_signal(signal: Mutex<Signal>) -> Signal {
    signal.into_inner().unwrap_or_else(PoisonError::into_inner)
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
