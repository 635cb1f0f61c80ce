//! `permissions create`: lets projects use checkpoints.

use std::collections::HashSet;
use std::path::Path;

use permissions_ext::{CheckpointId, PermissionId, ProjectId};
use serde::Deserialize;

use super::{Context, count, distinct};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Cell, Changes, Columns};
use crate::session::Session;
use crate::{ids, lines};

const COLUMNS: &[&str] = &["checkpoint", "id", "project_id", "created_at", "result"];

const EXAMPLES: &str = "\
Examples:
  Let two projects use a checkpoint; doing it again changes nothing:
    permissions create ft:gpt-4o:acme proj_a proj_b

  The same for another checkpoint at once:
    permissions create ft:gpt-4o:acme proj_a proj_b --checkpoint ft:gpt-4o:acme-eu

  Projects from standard input, one a line or as the API's own JSON:
    permissions create ft:gpt-4o:acme - < projects.txt
    echo '{\"project_ids\": [\"proj_a\"]}' | permissions create ft:gpt-4o:acme -";

/// Arguments of `create`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Fine-tuned checkpoint, such as ft:gpt-4o:acme
    #[arg(value_name = "CHECKPOINT", value_parser = ids::read::<CheckpointId>)]
    checkpoint: CheckpointId,

    /// Project that may use it; - reads projects from standard input
    #[arg(required = true, value_name = "PROJECT", value_parser = ids::read::<ProjectId>)]
    projects: Vec<ProjectId>,

    /// Another checkpoint that they may use; may be repeated
    #[arg(
        long = "checkpoint",
        value_name = "CHECKPOINT",
        value_parser = ids::read::<CheckpointId>
    )]
    further: Vec<CheckpointId>,
}

pub(crate) async fn run(args: Args, context: &Context, session: &Session) -> Result<Exit, Failure> {
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
    let mut changes = context.changes(Columns {
        all: COLUMNS,
        constant: (checkpoints.len() == 1).then_some("checkpoint"),
    })?;
    let (mut done, mut exit) = (Vec::new(), Exit::Success);
    for checkpoint in &checkpoints {
        let answer = session
            .permissions(checkpoint)
            .create(projects.clone())
            .read_first(true)
            .send()
            .await;
        // What is in place is told even where the rest failed.
        let settled = match &answer {
            Ok(created) => Some(created),
            Err(error) => error.created(),
        };
        if let Some(settled) = settled {
            let told = tell(checkpoint, settled, &mut changes);
            context.note_change(&told);
            done.push(told);
        }
        let Err(error) = answer else {
            continue;
        };
        let failure = Failure::from(error);
        // What one checkpoint is refused says nothing about the next; anything else does.
        if failure.exit() != Exit::Failure || checkpoints.len() == 1 {
            return Err(failure);
        }
        context.tell(&failure);
        exit = Exit::Failure;
    }
    changes.finish(exit == Exit::Success, &done.join("; "))?;
    Ok(exit)
}

/// Shows the permissions of a checkpoint that are in place, and says how many there are.
fn tell(
    checkpoint: &CheckpointId,
    settled: &permissions_ext::Created,
    changes: &mut Changes,
) -> String {
    let new: HashSet<&PermissionId> = settled.created().map(|new| &new.id).collect();
    for permission in settled.iter() {
        let is_new = new.contains(&permission.id);
        changes.row(&[
            Cell::text(checkpoint),
            Cell::text(&permission.id),
            Cell::text(&permission.project_id),
            Cell::Time(permission.created_at),
            Cell::text(if is_new { "created" } else { "existing" }),
        ]);
    }
    format!(
        "{checkpoint}: {} created, {} there before",
        count(new.len(), "permission"),
        settled.len() - new.len()
    )
}

/// Projects from standard input: one a line, or the body of the API's own request.
fn from_stdin() -> Result<Vec<ProjectId>, Failure> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Body {
        project_ids: Vec<String>,
    }
    let refuse = |reason: String| {
        let message = format!("failed to read standard input as JSON: {reason}");
        Failure::new(Exit::Usage, message)
            .remedy("it looks like this: {\"project_ids\": [\"proj_a\", \"proj_b\"]}")
    };
    let path = Path::new("-");
    let text = lines::text(path)?;
    let projects = if text.trim_start().starts_with('{') {
        let body: Body = serde_json::from_str(&text).map_err(|error| refuse(error.to_string()))?;
        let ids = body.project_ids.iter().map(|id| ids::read(id));
        ids.collect::<Result<Vec<_>, _>>().map_err(refuse)?
    } else {
        lines::ids(path, &text, ids::read)?
    };
    if projects.is_empty() {
        return Err(Failure::new(Exit::Usage, "standard input names no project")
            .remedy("give one project a line, or {\"project_ids\": [\"proj_a\", \"proj_b\"]}"));
    }
    Ok(projects)
}
