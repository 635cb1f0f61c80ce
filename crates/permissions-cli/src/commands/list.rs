//! `permissions list` reads all pages.

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use permissions_ext::{CheckpointId, Order, Page, PageStream, PermissionId, ProjectId};

use super::words::{count, distinct};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::ids;
use crate::names::{self, NameOptions, Names};
use crate::output::{Cell, Columns, Output};
use crate::session::Session;

const COLUMNS: &[&str] = &[
    "checkpoint",
    "id",
    "project_id",
    names::COLUMN,
    "created_at",
];

/// The maximum page size that the API documents.
const MAX_PAGE_SIZE: u32 = 100;

/// Arguments of `list`.
#[derive(Debug, clap::Args)]
#[command(after_help = include_str!("../help/list.txt"))]
pub(crate) struct Args {
    /// Fine-tuned checkpoint, such as ft:gpt-4o:acme
    #[arg(required = true, value_name = "CHECKPOINT", value_parser = ids::read::<CheckpointId>)]
    checkpoints: Vec<CheckpointId>,

    /// List only the permissions of this project
    #[arg(long, value_name = "PROJECT", value_parser = ids::read::<ProjectId>)]
    project: Option<ProjectId>,

    /// Order by creation time
    #[arg(long, value_name = "ORDER", default_value = "descending", value_parser = ["ascending", "descending"])]
    order: String,

    /// Start after this permission id, such as the last id of an earlier list
    #[arg(long, value_name = "PERMISSION", value_parser = ids::read::<PermissionId>)]
    after: Option<PermissionId>,

    /// Number of permissions per page, 1 to 100
    #[arg(long, visible_alias = "limit", value_name = "N", default_value = "100", value_parser = page_size, allow_negative_numbers = true)]
    page_size: u32,

    /// Stop after this number of permissions per checkpoint
    #[arg(long, value_name = "N")]
    max_items: Option<u64>,

    #[command(flatten)]
    names: NameOptions,
}

pub(crate) async fn run(args: Args, session: &Session<'_>) -> Result<Exit, Failure> {
    let context = session.context;
    let checkpoints = distinct(args.checkpoints.clone());
    if checkpoints.len() > 1 && args.after.is_some() {
        let failure = Failure::usage("--after requires a single checkpoint");
        return Err(failure.remedy("list each checkpoint in a run of its own"));
    }
    if args.page_size > MAX_PAGE_SIZE {
        context.warn(&format!(
            "--page-size {}: the API may refuse more than {MAX_PAGE_SIZE}",
            args.page_size
        ));
    }
    let columns = Columns::new(COLUMNS)
        .hide("checkpoint", checkpoints.len() == 1)
        .remove(names::COLUMN, !args.names.are_shown(context));
    // Invalid options are reported before a request is sent.
    context.output(columns.clone())?;
    // The first pages of all checkpoints are read concurrently. The later pages are read one at a time while they
    // are printed, which bounds the memory.
    let first_page = |checkpoint: CheckpointId| {
        let pages = pages(&args, &checkpoint, session);
        async move {
            let mut pages = pages?;
            let first = pages.try_next().await?;
            Ok((checkpoint, first, pages))
        }
    };
    let mut lists = std::pin::pin!(
        stream::iter(checkpoints.iter().cloned())
            .map(first_page)
            .buffered(context.global.requests.concurrency())
    );
    let mut exit = Exit::Success;
    let first = async {
        match lists.next().await {
            Some(Err(failure)) if checkpoints.len() == 1 => Err(failure),
            list => Ok(list),
        }
    };
    let (mut next, names) = args.names.with(first, session).await?;
    let mut output = context.output(columns.hide(names::COLUMN, names.is_empty()))?;
    while let Some(list) = next {
        let printed = match list {
            Ok(list) => print(&args, list, &names, context, &mut output).await,
            Err(failure) => Err(failure),
        };
        match printed {
            Ok(()) => {}
            // An error of one checkpoint does not concern the others.
            Err(failure) if failure.exit() == Exit::Failure && checkpoints.len() > 1 => {
                context.report(&failure);
                exit = Exit::Failure;
            }
            Err(failure) => return Err(failure),
        }
        next = lists.next().await;
    }
    if exit == Exit::Success {
        output.finish()?;
    }
    Ok(exit)
}

fn pages(
    args: &Args,
    checkpoint: &CheckpointId,
    session: &Session<'_>,
) -> Result<PageStream, Failure> {
    let mut list = session
        .permissions(checkpoint)?
        .list()
        .order(match args.order.as_str() {
            "ascending" => Order::Ascending,
            _ => Order::Descending,
        })
        .page_size(args.page_size);
    if let Some(project) = &args.project {
        list = list.project_id(project);
    }
    if let Some(after) = &args.after {
        list = list.after(after);
    }
    if let Some(max_items) = args.max_items {
        list = list.max_items(max_items);
    }
    Ok(list.pages())
}

async fn print(
    args: &Args,
    (checkpoint, mut next, mut pages): (CheckpointId, Option<Page>, PageStream),
    names: &Names,
    context: &Context,
    output: &mut Output,
) -> Result<(), Failure> {
    let (mut read, mut items) = (0, 0);
    while let Some(page) = next {
        read += 1;
        for permission in page.data() {
            items += 1;
            output.row(&[
                Cell::text(&checkpoint),
                Cell::text(&permission.id),
                Cell::text(&permission.project_id),
                Cell::optional(names.get(&permission.project_id)),
                Cell::Time(permission.created_at),
            ])?;
        }
        output.flush()?;
        next = pages.try_next().await?;
    }
    if items == 0 && args.max_items != Some(0) {
        let of_project = match &args.project {
            Some(project) => format!(" of project {project}"),
            None => String::new(),
        };
        context.note_always(&format!(
            "{checkpoint}: no permissions{of_project}; the API does not report whether this checkpoint exists"
        ));
    }
    context.note(&format!(
        "{checkpoint}: {} in {}",
        count(items, "permission"),
        count(read, "page")
    ));
    Ok(())
}

fn page_size(text: &str) -> Result<u32, String> {
    match text.parse() {
        Ok(size @ 1..) => Ok(size),
        _ => Err(format!(
            "expected a whole number from 1 to {MAX_PAGE_SIZE}; the API may refuse larger numbers"
        )),
    }
}
