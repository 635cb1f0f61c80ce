//! `permissions show` prints a saved plan without a network.

use std::path::PathBuf;

use super::plan_view;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::names::Names;
use crate::saved_plan::SavedPlan;

/// Arguments of `show`.
#[derive(Debug, clap::Args)]
#[command(after_help = include_str!("../help/show.txt"))]
pub(crate) struct Args {
    /// Plan that `plan --out` saved; - reads it from standard input
    #[arg(value_name = "PLAN")]
    plan: PathBuf,
}

pub(crate) fn run(args: &Args, context: &Context) -> Result<Exit, Failure> {
    let saved = SavedPlan::read(&args.plan)?;
    let rows = plan_view::open_rows(false, context)?;
    plan_view::show(
        &saved.plan,
        &Names::default(),
        rows,
        &saved.origin(),
        context,
    )?;
    Ok(Exit::Success)
}
