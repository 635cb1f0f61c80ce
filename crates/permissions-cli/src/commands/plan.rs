//! `permissions plan` shows what `apply` would change, and `permissions show` prints a saved plan without a network.

use std::path::PathBuf;

use permissions_ext::CheckpointId;

use super::manifests::Manifests;
use super::plan_view::{NamedPlan, PlanRows};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::manifest::Manifest;
use crate::names::{NameOptions, Names};
use crate::saved_plan::SavedPlan;
use crate::session::Session;
use crate::{file, ids};

/// Arguments of `plan`.
#[derive(Debug, clap::Args)]
#[command(after_help = include_str!("../help/plan.txt"))]
pub(crate) struct Args {
    #[command(flatten)]
    options: PlanOptions,

    /// Save the plan for `apply`; - prints it to standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// The options of `plan` and `apply` that select the changes.
#[derive(Debug, clap::Args)]
pub(crate) struct PlanOptions {
    #[command(flatten)]
    pub(super) manifests: Manifests,

    /// Plan changes of this checkpoint only; may be repeated
    #[arg(long = "target", value_name = "CHECKPOINT", value_parser = ids::read::<CheckpointId>)]
    targets: Vec<CheckpointId>,

    #[command(flatten)]
    pub(super) names: NameOptions,
}

impl PlanOptions {
    /// Whether the checkpoint is selected.
    pub(super) fn contains(&self, checkpoint: &CheckpointId) -> bool {
        self.targets.is_empty() || self.targets.contains(checkpoint)
    }

    /// Returns the selected checkpoints. Fails if a checkpoint of `--target` is not among `checkpoints`. The error
    /// mentions `source`.
    pub(super) fn select<'a>(
        &self,
        checkpoints: impl Iterator<Item = &'a CheckpointId>,
        source: &str,
    ) -> Result<Vec<&'a CheckpointId>, Failure> {
        let selected: Vec<&CheckpointId> = checkpoints.filter(|id| self.contains(id)).collect();
        let mut targets = self.targets.iter();
        match targets.find(|target| !selected.contains(target)) {
            None => Ok(selected),
            Some(target) => {
                let message = format!("the checkpoint {target} of --target is not in {source}");
                Err(Failure::usage(message).remedy("check its id, or leave --target out"))
            }
        }
    }

    /// Reads the live permissions and makes a plan. If names are shown, warns of archived and unknown projects.
    ///
    /// First adds a row for each checkpoint to `rows`. These rows are printed if no plan can be made.
    pub(super) async fn make(
        &self,
        manifest: &Manifest,
        rows: &PlanRows,
        session: &Session<'_>,
    ) -> Result<NamedPlan, Failure> {
        let context = session.context;
        rows.add_checkpoints(&self.select(manifest.checkpoints(), &manifest.names())?);
        let plan = session
            .client()
            .plan(manifest.desired(|checkpoint| self.contains(checkpoint)))
            .concurrency(context.global.requests.concurrency())
            .on_progress(context.progress.callback("checkpoints"));
        let plan = async { Ok(plan.send().await?) };
        let (plan, names) = self.names.with(plan, session).await?;
        // The list of projects may be empty, for example in a new `--local` file. A warning about every project would
        // not help.
        if !names.is_empty() {
            for problem in manifest.project_problems(&names, |id| self.contains(id)) {
                context.warn(&problem.line());
            }
        }
        Ok(NamedPlan { plan, names })
    }
}

pub(crate) async fn run(mut args: Args, session: &Session<'_>) -> Result<Exit, Failure> {
    let context = session.context;
    let prints_plan = args.out.as_deref().is_some_and(file::is_stdio);
    let mut rows = PlanRows::default();
    if prints_plan {
        args.options.names.disable_default();
    }
    let options = &args.options;
    let manifest = options.manifests.read(context)?;
    if !prints_plan {
        rows.open_plan(options.names.are_shown(context), context)?;
    }
    let plan = options.make(&manifest, &rows, session).await?;
    if let Some(path) = &args.out {
        SavedPlan::new(plan.plan.clone(), &manifest).write(path)?;
    }
    if prints_plan {
        context.note_always(&plan.summary());
    } else {
        plan.show(rows, &[], context)?;
    }
    Ok(plan.exit())
}

/// Arguments of `show`.
#[derive(Debug, clap::Args)]
#[command(after_help = include_str!("../help/show.txt"))]
pub(crate) struct ShowArgs {
    /// Plan that `plan --out` saved; - reads it from standard input
    #[arg(value_name = "PLAN")]
    plan: PathBuf,
}

pub(crate) fn show(args: &ShowArgs, context: &Context) -> Result<Exit, Failure> {
    let saved = SavedPlan::read(&args.plan)?;
    let mut rows = PlanRows::default();
    rows.open_plan(false, context)?;
    let origin = saved.origin();
    let (plan, names) = (saved.plan, Names::default());
    NamedPlan { plan, names }.show(rows, &origin, context)?;
    Ok(Exit::Success)
}
