//! `permissions apply` changes the live permissions to those of a manifest or of a saved plan.

mod run;

use std::path::PathBuf;

use permissions_ext::CheckpointId;
use permissions_ext::sync::Plan;

use self::run::Rows;
use super::confirm::confirm;
use super::manifests::Manifests;
use super::plan::{self, Targets};
use super::plan_view;
use super::words::count;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::saved_plan::SavedPlan;
use crate::session::Session;

/// Arguments of `apply`.
#[derive(Debug, clap::Args)]
#[command(after_help = include_str!("../../help/apply.txt"))]
pub(crate) struct Args {
    /// Plan that `plan --out` saved; with --file, the plan must be made from this manifest
    #[arg(value_name = "PLAN")]
    plan: Option<PathBuf>,

    #[command(flatten)]
    manifests: Manifests,

    #[command(flatten)]
    targets: Targets,

    /// Allow deletions
    #[arg(long)]
    allow_delete: bool,

    /// Allow that no project can use a checkpoint afterwards
    #[arg(long)]
    allow_empty: bool,

    /// Apply without a prompt
    #[arg(short, long)]
    yes: bool,

    /// Show the plan, and change nothing
    #[arg(long, conflicts_with = "yes")]
    pub(crate) dry_run: bool,
}

pub(crate) async fn run(args: Args, context: &Context, session: &Session) -> Result<Exit, Failure> {
    context.tally.announce();
    if args.dry_run {
        return dry_run(&args, context, session).await;
    }
    let source = Source::read(&args, context)?;
    // In a format for programs, every change has a row, also if it is not allowed or the live state cannot be read.
    let mut rows = if context.wants_rows() {
        Some(Rows::open(source.checkpoints(&args.targets), context)?)
    } else {
        None
    };
    let plan = source.plan(&args, context, session).await?;
    if let Some(rows) = &mut rows {
        rows.announce(&plan);
    }
    if plan.is_in_sync() {
        return match rows {
            Some(rows) => rows.finish(&plan, context),
            None => plan_view::Rows::open(true, context)?
                .show(&plan, &[], context)
                .map(|()| Exit::Success),
        };
    }
    check_allowed(&plan, &args)?;
    if !args.yes {
        match &rows {
            Some(_) => plan_view::note(&plan, context),
            None => plan_view::Rows::open(true, context)?.show(&plan, &[], context)?,
        }
        let changes = count(plan.creations() + plan.deletions(), "change");
        confirm(&format!("Apply {changes}?"), context).await?;
    }
    let mut rows = match rows {
        Some(rows) => rows,
        None => {
            let mut rows = Rows::open(Vec::new(), context)?;
            rows.announce(&plan);
            rows
        }
    };
    context.tally.start(plan.creations() + plan.deletions());
    rows.start();
    let apply = session
        .client()
        .apply(plan)
        .allow_delete(args.allow_delete)
        .allow_empty(args.allow_empty)
        .concurrency(context.global.requests.concurrency())
        .stop_when(context.interrupt.graceful());
    run::run(apply, rows, context).await
}

/// Shows the plan, and what `apply` would refuse.
async fn dry_run(args: &Args, context: &Context, session: &Session) -> Result<Exit, Failure> {
    let source = Source::read(args, context)?;
    let mut rows = plan_view::Rows::open(true, context)?;
    rows.announce(source.checkpoints(&args.targets).iter());
    let plan = source.plan(args, context, session).await?;
    rows.show(&plan, &[], context)?;
    if plan.deletions() > 0 && !args.allow_delete {
        context.warn("apply refuses the deletions without --allow-delete");
    }
    if let Some(checkpoint) = plan.emptied().next().filter(|_| !args.allow_empty) {
        context.warn(&format!(
            "apply refuses to leave no project for {checkpoint} without --allow-empty"
        ));
    }
    Ok(if plan.is_in_sync() {
        Exit::Success
    } else {
        Exit::Drift
    })
}

/// The source of the plan.
enum Source {
    Saved(Box<SavedPlan>),
    Manifest(crate::manifest::Manifest),
}

impl Source {
    fn read(args: &Args, context: &Context) -> Result<Self, Failure> {
        let Some(path) = &args.plan else {
            let manifest = args.manifests.read(context)?;
            args.targets
                .check(manifest.checkpoints(), &manifest.names())?;
            return Ok(Self::Manifest(manifest));
        };
        let saved = SavedPlan::read(path)?;
        if args.manifests.is_set() {
            saved.check_manifest(&args.manifests.read(context)?)?;
        }
        let checkpoints = saved.plan.checkpoints().iter().map(|part| &part.checkpoint);
        args.targets.check(checkpoints, "the plan")?;
        Ok(Self::Saved(Box::new(saved)))
    }

    fn checkpoints(&self, targets: &Targets) -> Vec<CheckpointId> {
        let all: Vec<&CheckpointId> = match self {
            Self::Saved(saved) => saved
                .plan
                .checkpoints()
                .iter()
                .map(|part| &part.checkpoint)
                .collect(),
            Self::Manifest(manifest) => manifest.checkpoints().collect(),
        };
        let selected = all
            .into_iter()
            .filter(|checkpoint| targets.contains(checkpoint));
        selected.cloned().collect()
    }

    /// Makes the plan, or checks that a saved plan is for this target.
    async fn plan(
        self,
        args: &Args,
        context: &Context,
        session: &Session,
    ) -> Result<Plan, Failure> {
        match self {
            Self::Saved(saved) => {
                let mut plan = saved.plan;
                check_target(&plan, session)?;
                plan.retain(|checkpoint| args.targets.contains(checkpoint));
                Ok(plan)
            }
            Self::Manifest(manifest) => {
                plan::make(&manifest, &args.targets, context, session).await
            }
        }
    }
}

/// Refuses a plan for another API, organization, project or file.
fn check_target(plan: &Plan, session: &Session) -> Result<(), Failure> {
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

/// Deletions, and checkpoints without any project, require an option of their own.
fn check_allowed(plan: &Plan, args: &Args) -> Result<(), Failure> {
    if plan.deletions() > 0 && !args.allow_delete {
        let permissions = count(plan.deletions(), "permission");
        return Err(Failure::usage(format!(
            "the plan deletes {permissions}; nothing was changed"
        ))
        .remedy("review it with `permissions plan`, and allow it with --allow-delete"));
    }
    match plan.emptied().next() {
        Some(checkpoint) if !args.allow_empty => Err(Failure::usage(format!(
            "the plan leaves no project with access to {checkpoint}; nothing was changed"
        ))
        .remedy("allow it with --allow-empty")),
        _ => Ok(()),
    }
}
