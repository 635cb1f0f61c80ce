//! `permissions create` lets projects use checkpoints.

use std::cell::RefCell;
use std::collections::HashSet;
use std::path::Path;

use futures_util::TryStreamExt as _;
use permissions_ext::{CheckpointId, Permission, PermissionId, ProjectId};
use serde::Deserialize;

use super::batch;
use super::words::{count, distinct};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Cell, Changes, Columns};
use crate::requests::RequestOptions;
use crate::session::Session;
use crate::{completion, id_list, ids};

const COLUMNS: &[&str] = &["checkpoint", "id", "project_id", "created_at", "result"];

const EXAMPLES: &str = "\
Examples:
  Let two projects use a checkpoint; existing permissions stay:
    permissions create ft:gpt-4o:acme proj_a proj_b

  Let the same projects use two checkpoints:
    permissions create ft:gpt-4o:acme proj_a proj_b --checkpoint ft:gpt-4o:acme-eu

  Projects from standard input, one per line or as the JSON of the API:
    permissions create ft:gpt-4o:acme - < projects.txt
    echo '{\"project_ids\": [\"proj_a\"]}' | permissions create ft:gpt-4o:acme -";

/// Arguments of `create`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Fine-tuned checkpoint, such as ft:gpt-4o:acme
    #[arg(
        value_name = "CHECKPOINT",
        value_parser = ids::read::<CheckpointId>,
        add = completion::checkpoints()
    )]
    checkpoint: CheckpointId,

    /// Project that may use the checkpoint; - reads projects from standard input
    #[arg(
        required = true,
        value_name = "PROJECT",
        value_parser = ids::read::<ProjectId>,
        add = completion::projects()
    )]
    projects: Vec<ProjectId>,

    /// Further checkpoint for the same projects; may be repeated
    #[arg(
        long = "checkpoint",
        value_name = "CHECKPOINT",
        value_parser = ids::read::<CheckpointId>,
        add = completion::checkpoints()
    )]
    further: Vec<CheckpointId>,

    /// Show what would be created, and create nothing
    #[arg(long)]
    pub(crate) dry_run: bool,

    #[command(flatten)]
    pub(crate) requests: RequestOptions,
}

pub(crate) async fn run(args: Args, context: &Context, session: &Session) -> Result<Exit, Failure> {
    context.tally.announce();
    let mut projects = Vec::new();
    for project in args.projects {
        if project.as_str() == "-" {
            projects.extend(from_stdin()?);
        } else {
            projects.push(project);
        }
    }
    let projects = distinct(projects);
    let checkpoints = distinct([vec![args.checkpoint], args.further].concat());
    let changes = context.changes(Columns {
        all: COLUMNS,
        hidden: (checkpoints.len() == 1).then_some("checkpoint"),
    })?;
    let rows = Rows::announce(changes, &checkpoints, &projects);
    if args.dry_run {
        dry_run(&rows, session).await?;
        rows.changes.into_inner().finish_unchanged()?;
        return Ok(Exit::Success);
    }
    context.tally.start(checkpoints.len() * projects.len());
    let summaries = RefCell::new(Vec::new());
    let create = |at: usize, checkpoint: &CheckpointId| {
        let request = session
            .permissions(checkpoint)
            .create(projects.clone())
            .read_first(true);
        let (rows, summaries) = (&rows, &summaries);
        async move {
            // If the command is stopped during the request, nobody knows whether the permissions were created.
            rows.mark(at, "unknown");
            let result = request.send().await;
            if let Some(created) = result.as_ref().map_or_else(|error| error.created(), Some) {
                let new: HashSet<&PermissionId> = created.created().map(|new| &new.id).collect();
                for permission in created.iter() {
                    let is_new = new.contains(&permission.id);
                    rows.resolve(at, permission, if is_new { "created" } else { "existing" });
                }
                context.tally.add(created.len());
                let summary = format!(
                    "{}: {} created, {} existing",
                    rows.checkpoints[at],
                    count(new.len(), "permission"),
                    created.len() - new.len()
                );
                context.note_change(&summary);
                summaries.borrow_mut().push(summary);
            }
            rows.mark(at, "failed");
            result.err().map(Failure::from)
        }
    };
    let result = batch::each(&checkpoints, args.requests.concurrency(), context, create).await;
    let written = rows.changes.into_inner().finish();
    let exit = result?;
    written.map_err(|error| Failure::from(error).after_changes(&summaries.borrow().join("; ")))?;
    Ok(exit)
}

/// Reads the live permissions and shows which ones are missing.
async fn dry_run(rows: &Rows<'_>, session: &Session) -> Result<(), Failure> {
    for (at, checkpoint) in rows.checkpoints.iter().enumerate() {
        let mut live = session.permissions(checkpoint).list().stream();
        while let Some(permission) = live.try_next().await? {
            rows.resolve(at, &permission, "existing");
        }
        rows.mark(at, "would_create");
    }
    Ok(())
}

/// One row for each project of each checkpoint.
struct Rows<'a> {
    changes: RefCell<Changes>,
    checkpoints: &'a [CheckpointId],
    projects: &'a [ProjectId],
}

impl<'a> Rows<'a> {
    fn announce(
        mut changes: Changes,
        checkpoints: &'a [CheckpointId],
        projects: &'a [ProjectId],
    ) -> Self {
        for checkpoint in checkpoints {
            for project in projects {
                changes.announce(row(checkpoint, project, None, "not_started"));
            }
        }
        Self {
            changes: RefCell::new(changes),
            checkpoints,
            projects,
        }
    }

    /// Sets the result of the projects of a checkpoint that have no permission yet.
    fn mark(&self, at: usize, result: &str) {
        let mut changes = self.changes.borrow_mut();
        for (position, project) in self.projects.iter().enumerate() {
            let number = at * self.projects.len() + position;
            changes.update(number, row(&self.checkpoints[at], project, None, result));
        }
    }

    /// Writes a permission, if it is one of a requested project.
    fn resolve(&self, at: usize, permission: &Permission, result: &str) {
        let project = &permission.project_id;
        let Some(position) = self
            .projects
            .iter()
            .position(|requested| requested == project)
        else {
            return;
        };
        let row = row(&self.checkpoints[at], project, Some(permission), result);
        let number = at * self.projects.len() + position;
        self.changes.borrow_mut().resolve(number, &row);
    }
}

fn row(
    checkpoint: &CheckpointId,
    project: &ProjectId,
    permission: Option<&Permission>,
    result: &str,
) -> Vec<Cell> {
    vec![
        Cell::text(checkpoint),
        permission.map_or(Cell::Null, |permission| Cell::text(&permission.id)),
        Cell::text(project),
        permission.map_or(Cell::Null, |permission| Cell::Time(permission.created_at)),
        Cell::text(result),
    ]
}

/// Reads projects from standard input: one per line, or the JSON body of the API.
fn from_stdin() -> Result<Vec<ProjectId>, Failure> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Body {
        project_ids: Vec<String>,
    }
    let refuse = |reason: String| {
        Failure::usage(format!("failed to read standard input as JSON: {reason}"))
            .remedy("write it as {\"project_ids\": [\"proj_a\", \"proj_b\"]}")
    };
    let path = Path::new("-");
    let text = id_list::text(path)?;
    let projects = if text.trim_start().starts_with('{') {
        let body: Body = serde_json::from_str(&text).map_err(|error| refuse(error.to_string()))?;
        let ids = body.project_ids.iter().map(|id| ids::read(id));
        ids.collect::<Result<Vec<_>, _>>().map_err(refuse)?
    } else {
        id_list::ids(path, &text, ids::read)?
    };
    if projects.is_empty() {
        return Err(Failure::usage("standard input contains no project")
            .remedy("write one project per line, or {\"project_ids\": [\"proj_a\", \"proj_b\"]}"));
    }
    Ok(projects)
}
