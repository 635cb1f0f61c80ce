//! `permissions plan`: what would have to change.

use std::path::PathBuf;

use clap::ValueHint;
use permissions_ext::Plan;

use super::{Context, Manifests, count};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::file;
use crate::output::{Cell, Columns};
use crate::session::Session;

pub(super) const COLUMNS: &[&str] = &["change", "checkpoint", "project_id", "permission_id"];

const EXAMPLES: &str = "\
Examples:
  What permissions.toml would change, as a diff; exit code 2 when there is something:
    permissions plan

  Keep the plan for review, and apply that one and no other:
    permissions plan --out plan.json
    permissions apply plan.json --allow-delete

  In a program:
    permissions plan --format json";

/// Arguments of `plan`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(flatten)]
    manifests: Manifests,

    /// Write the plan to a file, for `apply`
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    out: Option<PathBuf>,
}

pub(crate) async fn run(args: Args, context: &Context, session: &Session) -> Result<Exit, Failure> {
    let manifest = args.manifests.read()?;
    let plan = session.client().plan(manifest.desired()).send().await?;
    if let Some(path) = &args.out {
        let mut text = serde_json::to_string_pretty(&plan).map_err(|error| {
            Failure::new(Exit::Failure, format!("failed to write the plan: {error}"))
        })?;
        text.push('\n');
        file::renew(path, &text, "{")?;
    }
    show(&plan, context)?;
    if plan.is_in_sync() {
        return Ok(Exit::Success);
    }
    Ok(Exit::Drift)
}

/// Shows a plan: as a diff, or as rows where a format is asked for.
pub(super) fn show(plan: &Plan, context: &Context) -> Result<(), Failure> {
    if context.wants_rows() {
        rows(plan, context)?;
    } else {
        diff(plan, context)?;
    }
    let checkpoints = count(plan.checkpoints().len(), "checkpoint");
    if plan.is_in_sync() {
        let unchanged = count(plan.unchanged(), "permission");
        context.tell_people(&format!("in sync: {unchanged} of {checkpoints}"));
    } else {
        context.tell_people(&format!(
            "{} to create, {} to delete, {} unchanged, in {checkpoints}",
            plan.creations(),
            plan.deletions(),
            plan.unchanged(),
        ));
    }
    Ok(())
}

/// A diff: the sign comes first, so that a fenced `diff` block shows it in colour.
fn diff(plan: &Plan, context: &Context) -> Result<(), Failure> {
    let mut out = context.text();
    for part in plan.checkpoints() {
        if part.create.is_empty() && part.delete.is_empty() && !context.is_verbose() {
            continue;
        }
        out.line(&format!("  {}", part.checkpoint))?;
        for project in &part.create {
            out.added(&format!("+   {project}"))?;
        }
        for grant in &part.delete {
            out.removed(&format!(
                "-   {} ({})",
                grant.project_id, grant.permission_id
            ))?;
        }
        if context.is_verbose() {
            for grant in &part.unchanged {
                out.line(&format!(
                    "    {} ({})",
                    grant.project_id, grant.permission_id
                ))?;
            }
        }
    }
    Ok(out.finish()?)
}

fn rows(plan: &Plan, context: &Context) -> Result<(), Failure> {
    let mut output = context.output(Columns {
        all: COLUMNS,
        constant: None,
    })?;
    for part in plan.checkpoints() {
        let checkpoint = || Cell::text(&part.checkpoint);
        for project in &part.create {
            output.row(&[
                Cell::text("create"),
                checkpoint(),
                Cell::text(project),
                Cell::Nothing,
            ])?;
        }
        let grants = part.delete.iter().map(|grant| ("delete", grant));
        let unchanged = part.unchanged.iter().map(|grant| ("unchanged", grant));
        for (change, grant) in grants.chain(unchanged) {
            output.row(&[
                Cell::text(change),
                checkpoint(),
                Cell::text(&grant.project_id),
                Cell::text(&grant.permission_id),
            ])?;
        }
    }
    output.finish()
}
