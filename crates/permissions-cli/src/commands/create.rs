//! `permissions create` lets projects use checkpoints.

use std::ops::Range;
use std::path::Path;

use permissions_ext::{CheckpointId, Permission, ProjectId};
use serde::Deserialize;

use super::batch;
use super::words::{count, distinct};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::ids;
use crate::output::{Cell, Changes, Columns};
use crate::session::Session;

const COLUMNS: &[&str] = &["checkpoint", "id", "project_id", "created_at", "result"];

/// Arguments of `create`.
#[derive(Debug, clap::Args)]
#[command(after_help = include_str!("../help/create.txt"))]
pub(crate) struct Args {
    /// Fine-tuned checkpoint, such as ft:gpt-4o:acme
    #[arg(value_name = "CHECKPOINT", value_parser = ids::read::<CheckpointId>)]
    checkpoint: CheckpointId,

    /// Project that may use the checkpoint; - reads projects from standard input
    #[arg(required = true, value_name = "PROJECT", value_parser = ids::read::<ProjectId>)]
    projects: Vec<ProjectId>,

    /// Another checkpoint for the same projects; may be repeated
    #[arg(long = "checkpoint", value_name = "CHECKPOINT", value_parser = ids::read::<CheckpointId>)]
    more: Vec<CheckpointId>,

    /// Show what would be created, and create nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

pub(crate) async fn run(args: Args, session: &Session<'_>) -> Result<Exit, Failure> {
    let context = session.context;
    context.tally.announce();
    let mut projects = Vec::new();
    for project in args.projects {
        if project.as_str() == "-" {
            projects.extend(from_stdin()?);
        } else {
            projects.push(project);
        }
    }
    let rows = Rows::new(
        distinct([vec![args.checkpoint], args.more].concat()),
        distinct(projects),
        context,
    )?;
    if args.dry_run {
        for (at, checkpoint) in rows.checkpoints.iter().enumerate() {
            let live = session.permissions(checkpoint)?.list().all().await?;
            rows.mark(at, "would_create");
            rows.set(at, &live, |_| "existing");
        }
        rows.changes.finish_unchanged()?;
        return Ok(Exit::Success);
    }
    let total = rows.checkpoints.len() * rows.projects.len();
    context.tally.start(total);
    let create = |at| create(at, &rows, session);
    let result = batch::each(rows.checkpoints.len(), context, create, |at| rows.write(at)).await;
    context.conclude(rows.changes, result)
}

/// Creates the permissions of one checkpoint. `at` is its position in `rows.checkpoints`.
async fn create(at: usize, rows: &Rows, session: &Session<'_>) -> Result<(), Failure> {
    let checkpoint = &rows.checkpoints[at];
    let request = session
        .permissions(checkpoint)?
        .create(rows.projects.clone())
        .read_first(true);
    // If the command is stopped during the request, nobody knows whether the permissions were created.
    rows.mark(at, "unknown");
    let result = request.send().await;
    let (live, new) = match &result {
        Ok(created) => (created.iter().cloned().collect(), created.new_permissions()),
        Err(error) => (error.created().to_vec(), None),
    };
    rows.mark(at, "failed");
    rows.set(at, &live, |permission| match &new {
        // After a failure, nobody knows which of these permissions the request created, and which existed before.
        None => "present",
        Some(new) if new.contains(&permission) => "created",
        Some(_) => "existing",
    });
    if !live.is_empty() {
        let summary = match new.map(|new| new.len()) {
            Some(new) => {
                let existing = live.len() - new;
                format!("{} created, {existing} existing", count(new, "permission"))
            }
            None => format!("{} created or existing", count(live.len(), "permission")),
        };
        let summary = format!("{checkpoint}: {summary}");
        session.context.tally.add(live.len());
        session.context.note_change(summary);
    }
    Ok(result.map(drop)?)
}

/// One row for each project of each checkpoint.
struct Rows {
    changes: Changes,
    checkpoints: Vec<CheckpointId>,
    projects: Vec<ProjectId>,
}

impl Rows {
    fn new(
        checkpoints: Vec<CheckpointId>,
        projects: Vec<ProjectId>,
        context: &Context,
    ) -> Result<Self, Failure> {
        let columns = Columns::new(COLUMNS).hide("checkpoint", checkpoints.len() == 1);
        let changes = context.changes(columns)?;
        for checkpoint in &checkpoints {
            for project in &projects {
                let (checkpoint, project) = (Cell::text(checkpoint), Cell::text(project));
                let skipped = Cell::text("skipped");
                changes.add_pending(vec![checkpoint, Cell::Null, project, Cell::Null, skipped]);
            }
        }
        Ok(Self {
            changes,
            checkpoints,
            projects,
        })
    }

    /// Sets the result of all projects of a checkpoint.
    fn mark(&self, at: usize, result: &str) {
        for number in self.numbers(at) {
            self.changes.set(number, "result", Cell::text(result));
        }
    }

    /// Sets the permission in the row of each requested project.
    fn set(&self, at: usize, live: &[Permission], result: impl Fn(&Permission) -> &'static str) {
        for (number, project) in self.numbers(at).zip(&self.projects) {
            let mut live = live.iter();
            if let Some(permission) = live.find(|live| live.project_id == *project) {
                self.changes.set(number, "id", Cell::text(&permission.id));
                self.changes
                    .set(number, "created_at", Cell::Time(permission.created_at));
                self.changes
                    .set(number, "result", Cell::text(result(permission)));
            }
        }
    }

    /// Writes the rows of a checkpoint.
    fn write(&self, at: usize) {
        self.numbers(at)
            .for_each(|number| self.changes.write(number));
    }

    /// The indexes of the rows of a checkpoint.
    fn numbers(&self, at: usize) -> Range<usize> {
        at * self.projects.len()..(at + 1) * self.projects.len()
    }
}

/// Reads projects from standard input: one per line, or the JSON body of the API.
fn from_stdin() -> Result<Vec<ProjectId>, Failure> {
    const EXAMPLE: &str = "{\"project_ids\": [\"proj_a\", \"proj_b\"]}";
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Body {
        project_ids: Vec<String>,
    }
    let refuse = |reason: String| {
        Failure::usage(format!("failed to read standard input as JSON: {reason}"))
            .remedy(format!("write it as {EXAMPLE}"))
    };
    let path = Path::new("-");
    let text = ids::read_file(path)?;
    let projects = if text.trim_start().starts_with('{') {
        let body: Body = serde_json::from_str(&text).map_err(|error| refuse(error.to_string()))?;
        let ids = body.project_ids.iter().map(|id| ids::read(id));
        ids.collect::<Result<Vec<_>, _>>().map_err(refuse)?
    } else {
        ids::lines(path, &text)?
    };
    if projects.is_empty() {
        let failure = Failure::usage("standard input contains no project");
        return Err(failure.remedy(format!("write one project per line, or {EXAMPLE}")));
    }
    Ok(projects)
}
