//! Applies a plan and writes one row per change.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};

use permissions_ext::sync::{Applied, AppliedChange, Apply, Change, Outcome, Plan, SkipReason};
use permissions_ext::{CheckpointId, Error, PermissionId, ProjectId};
use tokio::sync::mpsc;

use crate::commands::words::count;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Cell, Changes, Columns};

const NAMES: &[&str] = &[
    "change",
    "checkpoint",
    "project_id",
    "permission_id",
    "result",
    "reason",
];

const COLUMNS: Columns = Columns {
    all: NAMES,
    hidden: Some("reason"),
};

/// Positions of columns.
const PERMISSION: usize = 3;
const RESULT: usize = 4;
const REASON: usize = 5;

/// The rows of the changes. Nothing is written before the output is opened.
#[derive(Default)]
pub(super) struct Rows {
    changes: Option<Changes>,
    /// The number of the row of each change.
    numbers: HashMap<(CheckpointId, ProjectId, Option<PermissionId>), usize>,
}

impl Rows {
    pub(super) fn open(&mut self, context: &Context) -> Result<(), Failure> {
        self.changes = Some(context.changes(COLUMNS)?);
        Ok(())
    }

    /// Announces a row for each checkpoint until the plan is known.
    pub(super) fn announce_checkpoints(&mut self, checkpoints: &[&CheckpointId]) {
        if let Some(changes) = &mut self.changes {
            for checkpoint in checkpoints {
                changes.announce(row("unknown", checkpoint, Cell::Null, Cell::Null));
            }
        }
    }

    /// Announces a row for each change of the plan.
    pub(super) fn announce(&mut self, plan: &Plan) {
        let Some(changes) = &mut self.changes else {
            return;
        };
        changes.clear();
        for (checkpoint, change) in plan.changes() {
            let (name, permission) = match &change {
                Change::Delete { permission_id, .. } => ("delete", Cell::text(permission_id)),
                _ => ("create", Cell::Null),
            };
            let project = Cell::text(change.project_id());
            let number = changes.announce(row(name, checkpoint, project, permission));
            self.numbers.insert(key(checkpoint, &change), number);
        }
    }

    /// Closes the document of a plan without changes.
    pub(super) fn finish(self) -> Result<(), Failure> {
        Ok(self.changes.map_or(Ok(()), Changes::finish_unchanged)?)
    }

    /// Records that each change may have been sent: if the command is stopped now, its outcome is unknown.
    pub(super) fn start(&mut self) {
        self.set_all("unknown");
    }

    fn set_all(&mut self, result: &str) {
        self.changes
            .iter_mut()
            .for_each(|changes| changes.set_all(RESULT, &Cell::text(result)));
    }

    fn resolve(&mut self, applied: &AppliedChange, context: &Context) {
        let AppliedChange {
            checkpoint,
            change,
            outcome,
            ..
        } = applied;
        let number = self.numbers.get(&key(checkpoint, change)).copied();
        let (Some(changes), Some(number)) = (&mut self.changes, number) else {
            return;
        };
        match outcome {
            Outcome::Created(permission) | Outcome::Existing(permission) => {
                changes.set(number, PERMISSION, Cell::text(&permission.id));
            }
            Outcome::Failed(error) => changes.set(number, REASON, Cell::text(error)),
            Outcome::Skipped(reason) => changes.set(number, REASON, Cell::text(reason)),
            _ => {}
        }
        if matches!(outcome, Outcome::Created(_) | Outcome::Deleted) {
            context.tally.add(1);
        }
        changes.set(number, RESULT, Cell::text(outcome.name()));
        changes.write(number);
    }
}

/// Identifies a change of a plan.
fn key(
    checkpoint: &CheckpointId,
    change: &Change,
) -> (CheckpointId, ProjectId, Option<PermissionId>) {
    let permission = match change {
        Change::Delete { permission_id, .. } => Some(permission_id.clone()),
        _ => None,
    };
    (checkpoint.clone(), change.project_id().clone(), permission)
}

fn row(change: &str, checkpoint: &CheckpointId, project: Cell, permission: Cell) -> Vec<Cell> {
    vec![
        Cell::text(change),
        Cell::text(checkpoint),
        project,
        permission,
        Cell::text("skipped"),
        Cell::Null,
    ]
}

/// Applies the plan, and writes the row of each change as soon as its outcome is known.
pub(super) async fn run(apply: Apply, mut rows: Rows, context: &Context) -> Result<Exit, Failure> {
    let (sender, mut outcomes) = mpsc::unbounded_channel();
    let (progress, is_read) = (context.progress.clone(), AtomicBool::new(false));
    let apply = apply
        .on_change(move |applied| {
            // The receiver is dropped only if the command is stopped at once.
            let _ = sender.send(applied.clone());
        })
        .on_progress(move |step| {
            // The live state of all checkpoints is read before the first change.
            let things = if is_read.load(Ordering::Relaxed) {
                "changes"
            } else {
                "checkpoints"
            };
            progress.show(step, things);
            is_read.fetch_or(step.done == step.total, Ordering::Relaxed);
        });
    let mut apply = std::pin::pin!(apply.send());
    let applied = loop {
        tokio::select! {
            biased;
            applied = &mut apply => break applied,
            Some(change) = outcomes.recv() => rows.resolve(&change, context),
        }
    };
    while let Ok(change) = outcomes.try_recv() {
        rows.resolve(&change, context);
    }
    match applied {
        Ok(applied) => conclude(&applied, rows, context),
        Err(error) => {
            rows.set_all("skipped");
            Err(error.into())
        }
    }
}

fn conclude(applied: &Applied, rows: Rows, context: &Context) -> Result<Exit, Failure> {
    let summary = summary(applied);
    let written = rows.changes.map_or(Ok(()), Changes::finish);
    if applied.is_complete() {
        written.map_err(|error| Failure::from(error).after_changes(&summary))?;
        context.note_always(&summary);
        return Ok(Exit::Success);
    }
    let errors = errors(applied);
    for failure in &errors {
        context.report(failure);
    }
    if let Err(error) = written {
        context.report(&Failure::from(error));
    }
    let exit = if is_stopped(applied) {
        Exit::Interrupted
    } else {
        errors.first().map_or(Exit::Failure, Failure::exit)
    };
    Err(Failure::new(exit, summary).remedy("run the same command again to apply the rest"))
}

/// The errors of the failed changes. Changes of one request have the same error, which is reported once.
fn errors(applied: &Applied) -> Vec<Failure> {
    let mut seen = HashSet::new();
    let errors = applied
        .unfinished()
        .filter_map(|change| change.outcome.error());
    let distinct = errors.filter(|error: &&Error| seen.insert(error.to_string()));
    distinct.map(Failure::from).collect()
}

fn is_stopped(applied: &Applied) -> bool {
    applied
        .unfinished()
        .any(|change| matches!(change.outcome, Outcome::Skipped(SkipReason::Stopped)))
}

/// The numbers of changes that were applied, were already done, failed or were skipped.
fn summary(applied: &Applied) -> String {
    let (all, changed) = (applied.changes().len(), applied.changed());
    let mut text = match (applied.is_complete(), changed) {
        (true, 0) => return format!("nothing to do: {} already made", count(all, "change")),
        (true, _) => format!("applied {}", count(changed, "change")),
        (false, _) => format!("applied {changed} of {}", count(all, "change")),
    };
    for (number, name) in [
        (applied.done() - changed, "already made"),
        (applied.failed(), "failed"),
    ] {
        if number > 0 {
            text.push_str(&format!("; {number} {name}"));
        }
    }
    for reason in [
        SkipReason::Stopped,
        SkipReason::Aborted,
        SkipReason::CreateFailed,
    ] {
        let has_reason = |change: &&AppliedChange| matches!(change.outcome, Outcome::Skipped(why) if why == reason);
        let skipped = applied.unfinished().filter(has_reason).count();
        if skipped > 0 {
            text.push_str(&format!("; {skipped} skipped: {reason}"));
        }
    }
    text
}
