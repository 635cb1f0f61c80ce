//! `permissions apply`: makes what is live what is wanted.

mod confirm;
mod steps;

use std::path::{Path, PathBuf};

use clap::ValueHint;
use permissions_ext::Plan;

use super::{Context, Manifests, count, plan};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::file;
use crate::session::Session;

const EXAMPLES: &str = "\
Examples:
  What permissions.toml says, after a look at what will change:
    permissions apply

  In CI, where nobody can be asked, with permissions to be deleted:
    permissions apply --yes --allow-delete

  A plan that was reviewed; it is refused when something else changed meanwhile:
    permissions apply plan.json --yes";

/// Arguments of `apply`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Plan made by `plan --out`; without one a plan is made from the manifests
    #[arg(value_name = "PLAN", conflicts_with = "file", value_hint = ValueHint::FilePath)]
    plan: Option<PathBuf>,

    #[command(flatten)]
    manifests: Manifests,

    /// Delete permissions that are not wanted
    #[arg(long)]
    allow_delete: bool,

    /// Leave a checkpoint without any project
    #[arg(long)]
    allow_empty: bool,

    /// Do not ask
    #[arg(short, long)]
    yes: bool,
}

pub(crate) async fn run(args: Args, context: &Context, session: &Session) -> Result<Exit, Failure> {
    let plan = match &args.plan {
        Some(path) => read(path)?,
        None => {
            let manifest = args.manifests.read()?;
            session.client().plan(manifest.desired()).send().await?
        }
    };
    if plan.is_in_sync() {
        plan::show(&plan, context)?;
        return Ok(Exit::Success);
    }
    check_allowed(&plan, &args)?;
    if !args.yes {
        plan::show(&plan, context)?;
        confirm::confirm(&plan, context).await?;
    }
    let apply = session
        .client()
        .apply(plan)
        .allow_delete(args.allow_delete)
        .allow_empty(args.allow_empty)
        .stop_when(context.interrupt.gently());
    steps::carry_out(apply, context).await
}

/// Deletions are a decision of their own, and so is shutting everybody out.
fn check_allowed(plan: &Plan, args: &Args) -> Result<(), Failure> {
    if plan.deletions() > 0 && !args.allow_delete {
        let permissions = count(plan.deletions(), "permission");
        return Err(Failure::new(
            Exit::Usage,
            format!("the plan deletes {permissions}; nothing was changed"),
        )
        .remedy("look at it with `permissions plan`, then allow it with --allow-delete"));
    }
    match plan.emptied().next() {
        Some(checkpoint) if !args.allow_empty => Err(Failure::new(
            Exit::Usage,
            format!("the plan leaves no project with access to {checkpoint}; nothing was changed"),
        )
        .remedy("if that is meant, allow it with --allow-empty")),
        _ => Ok(()),
    }
}

fn read(path: &Path) -> Result<Plan, Failure> {
    let refuse = |reason: String| {
        Failure::new(
            Exit::Usage,
            format!("failed to read the plan {}: {reason}", path.display()),
        )
        .remedy("make one with `permissions plan --out FILE`")
    };
    let text = file::read(path, file::MOST).map_err(|error| refuse(error.to_string()))?;
    serde_json::from_str(&text).map_err(|error| refuse(error.to_string()))
}
