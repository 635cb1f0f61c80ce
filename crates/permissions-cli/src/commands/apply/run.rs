//! Applies a plan and writes one row per change.

use std::collections::HashMap;
use std::sync::Arc;

use permissions_ext::sync::{Applied, Apply, Change, NotStarted, Outcome, Plan, Step};
use permissions_ext::{CheckpointId, Error};
use tokio::sync::mpsc;

use super::super::words::count;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Cell, Changes, Columns};

const COLUMNS: Columns = Columns {
    all: &[
        "change",
        "checkpoint",
        "project_id",
        "permission_id",
        "result",
        "reason",
    ],
    hidden: Some("reason"),
};

/// The rows of the changes.
pub(super) struct Rows {
    changes: Changes,
    /// The number of the row of each change.
    numbers: HashMap<String, usize>,
}

impl Rows {
    /// Opens the output, and announces a row for each checkpoint until the plan is known.
    pub(super) fn open(
        checkpoints: impl IntoIterator<Item = CheckpointId>,
        context: &Context,
    ) -> Result<Self, Failure> {
        let mut changes = context.changes(COLUMNS)?;
        for checkpoint in checkpoints {
            let checkpoint = Cell::text(checkpoint);
            let result = Cell::text("not_started");
            changes.announce(vec![
                Cell::text("unknown"),
                checkpoint,
                Cell::Null,
                Cell::Null,
                result,
                Cell::Null,
            ]);
        }
        Ok(Self {
            changes,
            numbers: HashMap::new(),
        })
    }

    /// Announces a row for each change of the plan.
    pub(super) fn announce(&mut self, plan: &Plan) {
        self.changes.clear();
        for (checkpoint, change) in plan.changes() {
            let number =
                self.changes
                    .announce(row(checkpoint, &change, None, "not_started", Cell::Null));
            self.numbers.insert(key(checkpoint, &change), number);
        }
    }

    /// Closes the document of a plan without changes.
    pub(super) fn finish(self, plan: &Plan, context: &Context) -> Result<Exit, Failure> {
        self.changes.finish_unchanged()?;
        context.note_always(&super::plan_view::summary(plan));
        Ok(Exit::Success)
    }

    /// Records that each change may have been sent.
    fn start(&mut self, plan: &[(CheckpointId, Change)]) {
        for (checkpoint, change) in plan {
            if let Some(&number) = self.numbers.get(&key(checkpoint, change)) {
                self.changes
                    .update(number, row(checkpoint, change, None, "unknown", Cell::Null));
            }
        }
    }

    fn resolve(&mut self, step: &Step, context: &Context) {
        let permission = match &step.outcome {
            Outcome::Created(permission) | Outcome::Existing(permission) => {
                Some(permission.id.to_string())
            }
            _ => None,
        };
        let reason = match &step.outcome {
            Outcome::Failed(error) => Cell::text(error),
            Outcome::NotStarted(reason) => Cell::text(reason),
            _ => Cell::Null,
        };
        if !matches!(step.outcome, Outcome::Failed(_) | Outcome::NotStarted(_)) {
            context.tally.add(1);
        }
        let row = row(
            &step.checkpoint,
            &step.change,
            permission,
            step.outcome.name(),
            reason,
        );
        match self.numbers.get(&key(&step.checkpoint, &step.change)) {
            Some(&number) => self.changes.resolve(number, &row),
            None => self.changes.row(&row),
        }
    }
}

fn key(checkpoint: &CheckpointId, change: &Change) -> String {
    match change {
        Change::Delete { permission_id, .. } => format!("{checkpoint}\n{permission_id}"),
        _ => format!("{checkpoint}\n\n{}", change.project_id()),
    }
}

fn row(
    checkpoint: &CheckpointId,
    change: &Change,
    permission: Option<String>,
    result: &str,
    reason: Cell,
) -> Vec<Cell> {
    let (name, planned) = match change {
        Change::Delete { permission_id, .. } => ("delete", Some(permission_id.to_string())),
        _ => ("create", None),
    };
    vec![
        Cell::text(name),
        Cell::text(checkpoint),
        Cell::text(change.project_id()),
        permission.or(planned).map_or(Cell::Null, Cell::Text),
        Cell::text(result),
        reason,
    ]
}

/// Applies the plan, and writes the row of each change as soon as its outcome is known.
pub(super) async fn run(apply: Apply, mut rows: Rows, context: &Context) -> Result<Exit, Failure> {
    let (sender, mut steps) = mpsc::unbounded_channel();
    let apply = apply.on_step(move |step| {
        // The receiver is dropped only if the command is stopped at once.
        let _ = sender.send(step.clone());
    });
    let mut apply = std::pin::pin!(apply.send());
    let applied = loop {
        tokio::select! {
            biased;
            applied = &mut apply => break applied,
            Some(step) = steps.recv() => rows.resolve(&step, context),
        }
    };
    while let Ok(step) = steps.try_recv() {
        rows.resolve(&step, context);
    }
    match applied {
        Ok(applied) => conclude(&applied, rows.changes, context),
        Err(error) => Err(error.into()),
    }
}

fn conclude(applied: &Applied, changes: Changes, context: &Context) -> Result<Exit, Failure> {
    let summary = summary(applied);
    let written = changes.finish();
    if applied.is_complete() {
        written.map_err(|error| Failure::from(error).after_changes(&summary))?;
        context.note_always(&summary);
        return Ok(Exit::Success);
    }
    let mut errors: Vec<&Arc<Error>> = Vec::new();
    for step in applied.unfinished() {
        if let Outcome::Failed(error) = &step.outcome
            && !errors.iter().any(|other| Arc::ptr_eq(other, error))
        {
            errors.push(error);
        }
    }
    for error in &errors {
        context.report(&Failure::from(&***error));
    }
    if let Err(error) = written {
        context.report(&Failure::from(error));
    }
    let exit = if is_stopped(applied) {
        Exit::Interrupted
    } else {
        errors
            .first()
            .map_or(Exit::Failure, |error| Failure::from(&***error).exit())
    };
    Err(Failure::new(exit, summary).remedy("run the same command again to apply the rest"))
}

fn is_stopped(applied: &Applied) -> bool {
    applied
        .unfinished()
        .any(|step| matches!(step.outcome, Outcome::NotStarted(NotStarted::Stopped)))
}

/// The number of changes that were applied, failed or were skipped.
fn summary(applied: &Applied) -> String {
    let all = applied.steps().len();
    if applied.is_complete() {
        return format!("applied {}", count(all, "change"));
    }
    let mut text = format!("applied {} of {}", applied.done(), count(all, "change"));
    if applied.failed() > 0 {
        text.push_str(&format!("; {} failed", applied.failed()));
    }
    for reason in [
        NotStarted::Stopped,
        NotStarted::Refused,
        NotStarted::CreateFirst,
    ] {
        let has_reason =
            |step: &&Step| matches!(step.outcome, Outcome::NotStarted(why) if why == reason);
        let skipped = applied.unfinished().filter(has_reason).count();
        if skipped > 0 {
            text.push_str(&format!("; {skipped} not started: {reason}"));
        }
    }
    text
}
