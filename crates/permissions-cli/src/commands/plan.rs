//! `permissions plan` shows what `apply` would change.

use std::path::PathBuf;

use permissions_ext::CheckpointId;
use permissions_ext::sync::Plan;

use super::manifests::Manifests;
use super::plan_rows::PlanRows;
use super::plan_view;
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
    manifests: Manifests,

    #[command(flatten)]
    targets: Targets,

    #[command(flatten)]
    names: NameOptions,

    /// Save the plan for `apply`; - prints it to standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// The option that limits a plan to some checkpoints.
#[derive(Debug, clap::Args)]
pub(crate) struct Targets {
    /// Plan changes of this checkpoint only; may be repeated
    #[arg(long = "target", value_name = "CHECKPOINT", value_parser = ids::read::<CheckpointId>)]
    targets: Vec<CheckpointId>,
}

impl Targets {
    /// Whether the checkpoint is selected.
    pub(super) fn contains(&self, checkpoint: &CheckpointId) -> bool {
        self.targets.is_empty() || self.targets.contains(checkpoint)
    }

    /// Returns the selected checkpoints. Fails if a target is not among the checkpoints of `source`.
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
}

pub(crate) async fn run(args: Args, session: &Session<'_>) -> Result<Exit, Failure> {
    let manifest = args.manifests.read(session)?;
    let prints_plan = args.out.as_deref().is_some_and(file::is_stdio);
    let mut rows = PlanRows::default();
    if !prints_plan {
        rows = plan_view::open_rows(args.names.are_shown(session), session)?;
    }
    let make = make(&manifest, &args.targets, &args.names, &rows, session);
    let (plan, names) = make.await?;
    let saved = SavedPlan::new(plan, &manifest);
    if let Some(path) = &args.out {
        saved.write(path)?;
    }
    if prints_plan {
        session.note_always(&plan_view::summary(&saved.plan));
    } else {
        plan_view::show(&saved.plan, &names, rows, &[], session)?;
    }
    Ok(plan_view::exit(&saved.plan))
}

/// Reads the live permissions and makes a plan for the targets. Adds rows for the checkpoints first. If names are
/// shown, warns of archived and unknown projects.
pub(super) async fn make(
    manifest: &Manifest,
    targets: &Targets,
    names: &NameOptions,
    rows: &PlanRows,
    session: &Session<'_>,
) -> Result<(Plan, Names), Failure> {
    rows.add_checkpoints(&targets.select(manifest.checkpoints(), &manifest.names())?);
    let plan = session
        .client()
        .plan(manifest.desired(|checkpoint| targets.contains(checkpoint)))
        .concurrency(session.global.requests.concurrency())
        .on_progress(session.progress.callback("checkpoints"));
    let plan = async { Ok(plan.send().await?) };
    let (plan, names) = names.with(plan, session).await?;
    // An embedded server has permissions of projects that it does not know.
    if !names.is_empty() {
        for problem in manifest.project_problems(&names, |checkpoint| targets.contains(checkpoint))
        {
            session.warn(&problem.line());
        }
    }
    Ok((plan, names))
}
