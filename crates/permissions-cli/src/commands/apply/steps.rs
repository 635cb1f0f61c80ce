//! Carrying a plan out, and telling what became of each change.

use std::sync::Arc;

use permissions_ext::{Applied, Apply, Change, Error, NotStarted, Outcome, Step};
use tokio::sync::mpsc;

use super::super::{Context, count};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Cell, Changes, Columns};

const COLUMNS: &[&str] = &[
    "change",
    "checkpoint",
    "project_id",
    "permission_id",
    "result",
    "reason",
];

/// Applies it, and shows each change as soon as its end is known.
pub(super) async fn carry_out(apply: Apply, context: &Context) -> Result<Exit, Failure> {
    let mut changes = context.changes(Columns {
        all: COLUMNS,
        constant: Some("reason"),
    })?;
    let (tell, mut steps) = mpsc::unbounded_channel();
    let apply = apply.on_step(move |step| {
        // The receiver lives for as long as there is something to receive.
        let _ = tell.send(step.clone());
    });
    let mut apply = std::pin::pin!(apply.send());
    let applied = loop {
        tokio::select! {
            biased;
            applied = &mut apply => break applied,
            Some(step) = steps.recv() => show(&step, &mut changes),
        }
    };
    while let Ok(step) = steps.try_recv() {
        show(&step, &mut changes);
    }
    match applied {
        Ok(applied) => conclude(&applied, changes, context),
        Err(error) => Err(refused(error)),
    }
}

fn refused(error: Error) -> Failure {
    let stale = error.is_stale_plan();
    let failure = Failure::from(error);
    if stale {
        failure.remedy("nothing was changed; `permissions plan` shows what would change now")
    } else {
        failure
    }
}

fn show(step: &Step, changes: &mut Changes) {
    let (change, planned) = match &step.change {
        Change::Delete { permission_id, .. } => ("delete", Some(permission_id)),
        _ => ("create", None),
    };
    let permission = match &step.outcome {
        Outcome::Created(permission) | Outcome::Existing(permission) => Some(&permission.id),
        _ => planned,
    };
    let reason = match &step.outcome {
        Outcome::Failed(error) => Cell::text(error),
        Outcome::NotStarted(reason) => Cell::text(reason),
        _ => Cell::Nothing,
    };
    changes.row(&[
        Cell::text(change),
        Cell::text(&step.checkpoint),
        Cell::text(step.change.project_id()),
        permission.map_or(Cell::Nothing, Cell::text),
        Cell::text(step.outcome.name()),
        reason,
    ]);
}

fn conclude(applied: &Applied, changes: Changes, context: &Context) -> Result<Exit, Failure> {
    let told = told(applied);
    let shown = changes.finish(applied.is_complete(), &told);
    if applied.is_complete() {
        shown?;
        context.tell_people(&told);
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
        context.tell(&Failure::of(error));
    }
    if let Err(failure) = &shown {
        context.tell(failure);
    }
    let exit = if stopped(applied) {
        Exit::Interrupted
    } else {
        errors
            .first()
            .map_or(Exit::Failure, |error| Failure::of(error).exit())
    };
    Err(Failure::new(exit, told)
        .remedy("the changes shown as failed or not_started are left: the same command again goes on with them"))
}

fn stopped(applied: &Applied) -> bool {
    applied
        .unfinished()
        .any(|step| matches!(step.outcome, Outcome::NotStarted(NotStarted::Stopped)))
}

/// What it comes to: how many were done, and where some were not, how many and why.
fn told(applied: &Applied) -> String {
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
        let because = |step: &&Step| match step.outcome {
            Outcome::NotStarted(why) => why == reason,
            _ => false,
        };
        let left = applied.unfinished().filter(because).count();
        if left > 0 {
            text.push_str(&format!("; {left} not started, as {reason}"));
        }
    }
    text
}
