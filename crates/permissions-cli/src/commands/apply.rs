//! `permissions apply`: makes what is live what is wanted.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::ValueHint;
use permissions_ext::{Applied, Apply, Change, Error, Outcome, Plan, Step};
use tokio::sync::mpsc;

use super::{Context, Manifests, count, plan};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Cell, Columns, Output};
use crate::session::Session;

const COLUMNS: &[&str] = &["checkpoint", "project_id", "permission_id", "result"];

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
        context.progress.aside(|| confirm(&plan))?;
    }
    let apply = session
        .client()
        .apply(plan)
        .allow_delete(args.allow_delete)
        .allow_empty(args.allow_empty);
    let mut output = context.output(Columns {
        all: COLUMNS,
        constant: None,
    })?;
    let applied = watch(apply, &mut output).await?;
    finish(&applied, output, context)
}

/// Applies it, and writes each step as soon as it is done.
async fn watch(apply: Apply, output: &mut Output) -> Result<Applied, Failure> {
    let (tell, mut steps) = mpsc::unbounded_channel();
    let apply = apply.on_step(move |step| {
        // The receiver lives for as long as there is something to receive.
        let _ = tell.send(step.clone());
    });
    let mut apply = std::pin::pin!(apply.send());
    let applied = loop {
        // In this order: what was done is written before anything else can stop it.
        tokio::select! {
            biased;
            applied = &mut apply => break applied,
            Some(step) = steps.recv() => write(&step, output)?,
        }
    };
    while let Ok(step) = steps.try_recv() {
        write(&step, output)?;
    }
    applied.map_err(|error| {
        let stale = error.is_stale_plan();
        let failure = Failure::from(error);
        if stale {
            failure.remedy("nothing was changed; `permissions plan` shows what would change now")
        } else {
            failure
        }
    })
}

fn write(step: &Step, output: &mut Output) -> Result<(), Failure> {
    let (project, planned) = match &step.change {
        Change::Delete {
            project_id,
            permission_id,
        } => (project_id, Some(permission_id)),
        Change::Create { project_id } => (project_id, None),
        _ => return Ok(()),
    };
    let (result, created) = match &step.outcome {
        Outcome::Created(permission) => ("created", Some(&permission.id)),
        Outcome::Existing(permission) => ("existing", Some(&permission.id)),
        Outcome::Deleted => ("deleted", None),
        Outcome::AlreadyGone => ("gone", None),
        Outcome::Failed(_) => ("failed", None),
        _ => ("skipped", None),
    };
    output.row(&[
        Cell::text(&step.checkpoint),
        Cell::text(project),
        created.or(planned).map_or(Cell::Nothing, Cell::text),
        Cell::text(result),
    ])?;
    output.batch_end()
}

fn finish(applied: &Applied, output: Output, context: &Context) -> Result<Exit, Failure> {
    let all = applied.steps().len();
    if applied.is_complete() {
        output.finish()?;
        context.tell_people(&format!("applied {}", count(all, "change")));
        return Ok(Exit::Success);
    }
    let mut told: Vec<&Arc<Error>> = Vec::new();
    let mut exit = Exit::Failure;
    for step in applied.unfinished() {
        if let Outcome::Failed(error) = &step.outcome
            && !told.iter().any(|other| Arc::ptr_eq(other, error))
        {
            let failure = Failure::of(error);
            exit = failure.exit();
            context.tell(&failure);
            told.push(error);
        }
    }
    let left = applied.unfinished().count();
    Err(Failure::new(
        exit,
        format!("applied {} of {}", all - left, count(all, "change")),
    )
    .remedy(
        "what is above as failed or skipped is not done; the same command again goes on with it",
    ))
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

fn confirm(plan: &Plan) -> Result<(), Failure> {
    if !(io::stdin().is_terminal() && io::stderr().is_terminal()) {
        return Err(Failure::new(
            Exit::Usage,
            "nobody is there to confirm it; nothing was changed",
        )
        .remedy("look at the plan above, then apply it with --yes"));
    }
    let changes = count(plan.creations() + plan.deletions(), "change");
    // What cannot be asked is answered with no.
    let _ = write!(io::stderr(), "Apply {changes}? [y/N] ");
    let mut answer = String::new();
    let _ = io::stdin().lock().read_line(&mut answer);
    if matches!(answer.trim(), "y" | "Y" | "yes") {
        return Ok(());
    }
    Err(Failure::new(
        Exit::Failure,
        "not confirmed; nothing was changed",
    ))
}

fn read(path: &Path) -> Result<Plan, Failure> {
    let refuse = |reason: String| {
        Failure::new(
            Exit::Usage,
            format!("failed to read the plan {}: {reason}", path.display()),
        )
        .remedy("make one with `permissions plan --out FILE`")
    };
    let text = std::fs::read_to_string(path).map_err(|error| refuse(error.to_string()))?;
    serde_json::from_str(&text).map_err(|error| refuse(error.to_string()))
}
