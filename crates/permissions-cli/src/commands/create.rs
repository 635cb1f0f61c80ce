//! `permissions create` lets projects use checkpoints.

use std::cell::RefCell;
use std::collections::HashSet;
use std::path::Path;

use futures_util::TryStreamExt as _;
use permissions_ext::{CheckpointId, Created, Permission, PermissionId, ProjectId};
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
        let permissions = session.permissions(checkpoint);
        let projects = projects.clone();
        let (rows, summaries) = (&rows, &summaries);
        async move {
            let request = match permissions {
                Ok(permissions) => permissions.create(projects).read_first(true),
                Err(failure) => return Some(failure),
            };
            // If the command is stopped during the request, nobody knows whether the permissions were created.
            rows.mark(at, "unknown");
            let (summary, failure) = match request.send().await {
                Ok(created) => (rows.created(at, &created), None),
                Err(error) => (
                    rows.present(at, error.created()),
                    Some(Failure::from(error)),
                ),
            };
            if let Some((done, summary)) = summary {
                context.tally.add(done);
                context.note_change(&summary);
                summaries.borrow_mut().push(summary);
            }
            failure
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
        let mut live = session.permissions(checkpoint)?.list().stream();
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
                changes.announce(row(checkpoint, project, None, "skipped"));
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

    /// Writes the permissions of a successful request. Returns their number and a summary.
    fn created(&self, at: usize, created: &Created) -> Option<(usize, String)> {
        let new = created.new_permissions().unwrap_or_default();
        let new: HashSet<&PermissionId> = new.into_iter().map(|new| &new.id).collect();
        for permission in created.iter() {
            let is_new = new.contains(&permission.id);
            self.resolve(at, permission, if is_new { "created" } else { "existing" });
        }
        let summary = format!(
            "{}: {} created, {} existing",
            self.checkpoints[at],
            count(new.len(), "permission"),
            created.len() - new.len()
        );
        Some((created.len(), summary))
    }

    /// Writes the permissions that exist after a failed request. It is not known which ones are new.
    fn present(&self, at: usize, present: &[Permission]) -> Option<(usize, String)> {
        for permission in present {
            self.resolve(at, permission, "present");
        }
        self.mark(at, "failed");
        let permissions = count(present.len(), "permission");
        let summary = format!(
            "{}: {permissions} created or existing",
            self.checkpoints[at]
        );
        (!present.is_empty()).then_some((present.len(), summary))
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
