//! `permissions show` prints a saved plan without a network.

use std::path::PathBuf;

use clap::ValueHint;

use super::plan_view;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::saved_plan::SavedPlan;

const EXAMPLES: &str = "\
Examples:
  Review a plan before it is applied:
    permissions show plan.json

  For a comment on a pull request:
    permissions show plan.json --format markdown";

/// Arguments of `show`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Plan that `plan --out` saved; - reads it from standard input
    #[arg(value_name = "PLAN", value_hint = ValueHint::FilePath)]
    plan: PathBuf,
}

pub(crate) fn run(args: &Args, context: &Context) -> Result<Exit, Failure> {
    let saved = SavedPlan::read(&args.plan)?;
    plan_view::Rows::open(true, context)?.show(&saved.plan, &saved.origin(), context)?;
    Ok(Exit::Success)
}
