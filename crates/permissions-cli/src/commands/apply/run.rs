//! Applies a plan and writes one row per change.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};

use permissions_ext::Error;
use permissions_ext::sync::{Applied, AppliedChange, Apply, Outcome, SkipReason};
use tokio::sync::mpsc;

use crate::commands::plan_rows::PlanRows;
use crate::commands::words::count;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;

/// Applies the plan, and writes the row of each change as soon as its outcome is known.
pub(super) async fn run(
    apply: Apply,
    mut rows: PlanRows,
    context: &Context,
) -> Result<Exit, Failure> {
    let mut resolve = |applied: &AppliedChange| {
        if matches!(applied.outcome, Outcome::Created(_) | Outcome::Deleted) {
            context.tally.add(1);
        }
        rows.resolve(applied);
    };
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
            Some(change) = outcomes.recv() => resolve(&change),
        }
    };
    while let Ok(change) = outcomes.try_recv() {
        resolve(&change);
    }
    match applied {
        Ok(applied) => conclude(&applied, rows, context),
        Err(error) => {
            rows.set_all("skipped");
            Err(error.into())
        }
    }
}

fn conclude(applied: &Applied, rows: PlanRows, context: &Context) -> Result<Exit, Failure> {
    let summary = summary(applied);
    let written = rows.finish();
    if applied.is_complete() {
        written.map_err(|failure| failure.after_changes(&summary))?;
        context.note_always(&summary);
        return Ok(Exit::Success);
    }
    let errors = errors(applied);
    for failure in &errors {
        context.report(failure);
    }
    if let Err(failure) = written {
        context.report(&failure);
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
