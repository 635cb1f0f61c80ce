//! `permissions projects` lists the projects of the organization.

use futures_util::TryStreamExt as _;

use super::words::count;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Cell, Columns};
use crate::session::Session;

const COLUMNS: &[&str] = &["id", "name", "status", "created_at", "archived_at"];

/// Arguments of `projects`.
#[derive(Debug, clap::Args)]
#[command(after_help = include_str!("../help/projects.txt"))]
pub(crate) struct Args {
    /// List archived projects too
    #[arg(long)]
    include_archived: bool,
}

pub(crate) async fn run(args: Args, session: &Session<'_>) -> Result<Exit, Failure> {
    let context = session.context;
    let columns = Columns::new(COLUMNS).hide("archived_at", !args.include_archived);
    let mut output = context.output(columns)?;
    let projects = session.client().projects();
    let mut pages = projects.include_archived(args.include_archived).pages();
    let mut projects = 0;
    while let Some(page) = pages.try_next().await? {
        for project in page.data() {
            projects += 1;
            output.row(&[
                Cell::text(&project.id),
                Cell::optional(project.name.as_ref()),
                Cell::optional(project.status.as_ref()),
                Cell::Time(project.created_at),
                project.archived_at.map_or(Cell::Null, Cell::Time),
            ])?;
        }
        output.flush()?;
    }
    output.finish()?;
    if projects == 0 {
        let kind = if args.include_archived { "" } else { "active " };
        context.note_always(&format!("the organization has no {kind}projects"));
    }
    context.note(&count(projects, "project"));
    Ok(Exit::Success)
}
