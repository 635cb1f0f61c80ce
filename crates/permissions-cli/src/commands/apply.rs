//! `permissions apply` changes the live permissions to those of a manifest or of a saved plan.

use std::collections::HashSet;
use std::path::PathBuf;

use permissions_ext::Error;
use permissions_ext::sync::{Applied, AppliedChange, Apply, Outcome, Plan, SkipReason};
use tokio::sync::mpsc;

use super::confirm::confirm;
use super::plan::PlanOptions;
use super::plan_view::{NamedPlan, PlanRows};
use super::words::count;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::saved_plan::SavedPlan;
use crate::session::Session;

/// Arguments of `apply`.
#[derive(Debug, clap::Args)]
#[command(after_help = include_str!("../help/apply.txt"))]
pub(crate) struct Args {
    /// Plan that `plan --out` saved; with --file, only a plan made from that manifest is applied
    #[arg(value_name = "PLAN")]
    pub(crate) plan: Option<PathBuf>,

    #[command(flatten)]
    options: PlanOptions,

    /// Allow deletions
    #[arg(long)]
    allow_delete: bool,

    /// Allow changes that leave a checkpoint without projects
    #[arg(long)]
    allow_empty: bool,

    /// Apply without a prompt
    #[arg(short, long)]
    yes: bool,

    /// Show the plan, and change nothing
    #[arg(long, conflicts_with = "yes")]
    pub(crate) dry_run: bool,
}

/// Checks the arguments before the connection is opened.
pub(crate) fn check(args: &Args) -> Result<(), Failure> {
    args.plan.as_deref().map_or(Ok(()), SavedPlan::check_path)
}

pub(crate) async fn run(args: Args, session: &Session<'_>) -> Result<Exit, Failure> {
    let context = session.context;
    context.tally.announce();
    if args.dry_run {
        return dry_run(&args, session).await;
    }
    let mut rows = PlanRows::default();
    let has_names = args.options.names.are_shown(context);
    // In a machine-readable format, every change has a row, even if the plan is refused or the live state cannot be
    // read.
    if context.wants_rows() {
        rows.open(has_names, context)?;
    }
    let named = make(&args, &rows, session).await?;
    let plan = &named.plan;
    rows.add_plan(&named, false);
    if plan.is_in_sync() {
        rows.finish_unchanged()?;
        named.show_on_terminal(context)?;
        return Ok(Exit::Success);
    }
    check_allowed(plan, &args)?;
    let changes = plan.creations() + plan.deletions();
    if !args.yes {
        named.show_on_terminal(context)?;
        confirm(&format!("Apply {}?", count(changes, "change")), context).await?;
    }
    if !rows.is_open() {
        rows.open(!named.names.is_empty(), context)?;
        rows.add_plan(&named, false);
    }
    context.tally.start(changes);
    // If the command is stopped now, nobody knows which changes were made.
    rows.set_all("unknown");
    let apply = session
        .client()
        .apply(named.plan)
        .allow_delete(args.allow_delete)
        .allow_empty(args.allow_empty)
        .concurrency(context.global.requests.concurrency())
        .stop_when(context.interrupt.graceful());
    send(apply, rows, context).await
}

/// Shows the plan. If `--allow-delete` or `--allow-empty` is missing for this plan, also prints a warning.
async fn dry_run(args: &Args, session: &Session<'_>) -> Result<Exit, Failure> {
    let context = session.context;
    let mut rows = PlanRows::default();
    rows.open_plan(args.options.names.are_shown(context), context)?;
    let plan = make(args, &rows, session).await?;
    plan.show(rows, &[], context)?;
    if let Err(failure) = check_allowed(&plan.plan, args) {
        context.warn(&failure.as_warning());
    }
    Ok(plan.exit())
}

/// Makes a plan, or reads a saved one and checks its target and its manifest.
async fn make(args: &Args, rows: &PlanRows, session: &Session<'_>) -> Result<NamedPlan, Failure> {
    let options = &args.options;
    let Some(path) = &args.plan else {
        let manifest = options.manifests.read(session.context)?;
        return options.make(&manifest, rows, session).await;
    };
    let saved = SavedPlan::read(path)?;
    if options.manifests.is_set() {
        saved.check_manifest(&options.manifests.read(session.context)?)?;
    }
    let mut plan = saved.plan;
    check_target(&plan, session)?;
    let checkpoints = plan.checkpoints().iter().map(|part| &part.checkpoint);
    options.select(checkpoints, "the plan")?;
    plan.retain(|checkpoint| options.contains(checkpoint));
    let (plan, names) = options.names.with(async { Ok(plan) }, session).await?;
    Ok(NamedPlan { plan, names })
}

/// Fails if the plan was made for another base URL, organization, project or `--local` file.
fn check_target(plan: &Plan, session: &Session<'_>) -> Result<(), Failure> {
    let current = session.client().target();
    if *plan.target() == current {
        return Ok(());
    }
    let planned = plan.target();
    Err(Failure::usage(format!(
        "the plan was made for {planned}, and the target of this command is {current}; nothing was changed"
    ))
    .remedy("use the base URL, organization and project of the plan, or make a new plan"))
}

/// Refuses a plan that deletes permissions, unless `--allow-delete` is set, or that leaves a checkpoint without
/// projects, unless `--allow-empty` is set.
fn check_allowed(plan: &Plan, args: &Args) -> Result<(), Failure> {
    let emptied = plan.emptied().next().filter(|_| !args.allow_empty);
    if plan.deletions() > 0 && !args.allow_delete {
        let review = match &args.plan {
            Some(path) => format!("permissions show {}", path.display()),
            None => "permissions plan".to_owned(),
        };
        let options = match emptied {
            Some(_) => "--allow-delete and --allow-empty",
            None => "--allow-delete",
        };
        let permissions = count(plan.deletions(), "permission");
        return Err(Failure::usage(format!(
            "the plan deletes {permissions}; nothing was changed"
        ))
        .remedy(format!(
            "review it with `{review}`, and allow it with {options}"
        )));
    }
    match emptied {
        Some(checkpoint) => Err(Failure::usage(format!(
            "the plan leaves no project with access to {checkpoint}; nothing was changed"
        ))
        .remedy("allow it with --allow-empty")),
        None => Ok(()),
    }
}

/// Applies the plan, and writes the row of each change as soon as its outcome is known.
async fn send(apply: Apply, rows: PlanRows, context: &Context) -> Result<Exit, Failure> {
    let resolve = |applied: &AppliedChange| {
        if matches!(applied.outcome, Outcome::Created(_) | Outcome::Deleted) {
            context.tally.add(1);
        }
        rows.resolve(applied);
    };
    let (sender, mut outcomes) = mpsc::unbounded_channel();
    let apply = apply
        .on_change(move |applied| {
            // Sending fails only if the receiver was dropped. This happens only if a signal stops the command at once.
            let _ = sender.send(applied.clone());
        })
        // The live state of all checkpoints is read before the first change.
        .on_progress(context.progress.callback("checkpoints and changes"));
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
    Err(Failure::new(exit, summary)
        .remedy("run the same command again to apply the remaining changes"))
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
