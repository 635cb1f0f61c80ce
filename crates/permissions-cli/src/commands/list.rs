//! `permissions list`: every permission, over all pages.

use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use futures_util::TryStreamExt as _;
use permissions_ext::{CheckpointId, Order, PermissionId, ProjectId};

use super::{Context, count, distinct};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::ids;
use crate::output::{Cell, Columns, Output};
use crate::session::Session;

const COLUMNS: &[&str] = &["checkpoint", "id", "project_id", "created_at"];

const EXAMPLES: &str = "\
Examples:
  Everyone who may use a checkpoint:
    permissions list ft:gpt-4o:acme

  Whether one project may, oldest permission first, for a program to read:
    permissions list ft:gpt-4o:acme --project proj_a --order ascending --format json

  Two checkpoints in one file:
    permissions list ft:gpt-4o:acme ft:gpt-4o:acme-eu --format csv > access.csv";

/// Arguments of `list`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Fine-tuned checkpoint, such as ft:gpt-4o:acme
    #[arg(required = true, value_name = "CHECKPOINT", value_parser = ids::read::<CheckpointId>)]
    checkpoints: Vec<CheckpointId>,

    /// Only what this project has
    #[arg(long, value_name = "PROJECT", value_parser = ids::read::<ProjectId>)]
    project: Option<ProjectId>,

    /// Newest or oldest first
    #[arg(
        long,
        value_name = "ORDER",
        default_value = "descending",
        value_parser = order()
    )]
    order: Order,

    /// Begin behind this permission, the last one of an earlier list
    #[arg(long, value_name = "PERMISSION", value_parser = ids::read_any::<PermissionId>)]
    after: Option<PermissionId>,

    /// Ask for this many at a time
    #[arg(long, value_name = "N", default_value = "100", value_parser = clap::value_parser!(u32).range(1..))]
    page_size: u32,

    /// Stop after this many
    #[arg(long, value_name = "N")]
    max_items: Option<u64>,
}

pub(crate) async fn run(args: Args, context: &Context, session: &Session) -> Result<Exit, Failure> {
    let checkpoints = distinct(args.checkpoints.clone());
    if checkpoints.len() > 1 && args.after.is_some() {
        return Err(Failure::new(
            Exit::Usage,
            "--after needs a single checkpoint: a permission belongs to one of them",
        ));
    }
    let mut output = context.output(Columns {
        all: COLUMNS,
        constant: (checkpoints.len() == 1).then_some("checkpoint"),
    })?;
    let mut exit = Exit::Success;
    for checkpoint in &checkpoints {
        match list(&args, checkpoint, context, session, &mut output).await {
            Ok(()) => {}
            // What one checkpoint is refused says nothing about the next; anything else does.
            Err(failure) if failure.exit() == Exit::Failure && checkpoints.len() > 1 => {
                context.tell(&failure);
                exit = Exit::Failure;
            }
            Err(failure) => return Err(failure),
        }
    }
    if exit == Exit::Success {
        output.finish()?;
    }
    Ok(exit)
}

async fn list(
    args: &Args,
    checkpoint: &CheckpointId,
    context: &Context,
    session: &Session,
    output: &mut Output,
) -> Result<(), Failure> {
    let mut list = session
        .permissions(checkpoint)
        .list()
        .order(args.order)
        .page_size(args.page_size);
    if let Some(project) = &args.project {
        list = list.project_id(project.clone());
    }
    if let Some(after) = &args.after {
        list = list.after(after.clone());
    }
    if let Some(most) = args.max_items {
        list = list.max_items(most);
    }
    let mut pages = list.pages();
    let (mut seen, mut items) = (0, 0);
    while let Some(page) = pages.try_next().await? {
        seen += 1;
        for permission in page.data() {
            items += 1;
            output.row(&[
                Cell::text(checkpoint),
                Cell::text(&permission.id),
                Cell::text(&permission.project_id),
                Cell::Time(permission.created_at),
            ])?;
        }
        output.batch_end()?;
    }
    if items == 0 && context.wants_table() && !context.is_verbose() {
        context.tell_people(&format!("{checkpoint}: no permission"));
    }
    context.note(&format!(
        "{checkpoint}: {} in {}",
        count(items, "permission"),
        count(seen, "page")
    ));
    Ok(())
}

fn order() -> impl clap::builder::TypedValueParser<Value = Order> {
    PossibleValuesParser::new(["ascending", "descending"]).map(|order| {
        if order == "ascending" {
            Order::Ascending
        } else {
            Order::Descending
        }
    })
}
