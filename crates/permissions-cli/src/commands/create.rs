//! `permissions create`: lets projects use a checkpoint.

use std::collections::HashSet;
use std::path::Path;

use permissions_ext::{CheckpointId, PermissionId, ProjectId};
use serde::Deserialize;

use super::{Context, count, distinct};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::lines;
use crate::output::{Cell, Columns};
use crate::session::Session;

const COLUMNS: &[&str] = &["checkpoint", "id", "project_id", "created_at", "result"];

const EXAMPLES: &str = "\
Examples:
  Let two projects use a checkpoint; doing it again changes nothing:
    permissions create ft:gpt-4o:acme proj_a proj_b

  Projects from standard input, one a line or as the API's own JSON:
    permissions create ft:gpt-4o:acme - < projects.txt
    echo '{\"project_ids\": [\"proj_a\"]}' | permissions create ft:gpt-4o:acme -";

/// Arguments of `create`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Fine-tuned checkpoint, such as ft:gpt-4o:acme
    #[arg(value_name = "CHECKPOINT")]
    checkpoint: CheckpointId,

    /// Project that may use it; - reads projects from standard input
    #[arg(required = true, value_name = "PROJECT")]
    projects: Vec<ProjectId>,
}

pub(crate) async fn run(args: Args, context: &Context, session: &Session) -> Result<Exit, Failure> {
    let checkpoint = args.checkpoint;
    let mut projects = Vec::new();
    for project in args.projects {
        if project.as_str() == "-" {
            projects.extend(from_stdin()?);
        } else {
            projects.push(project);
        }
    }
    let mut output = context.output(Columns {
        all: COLUMNS,
        constant: Some("checkpoint"),
    })?;
    let answer = session
        .permissions(&checkpoint)
        .create(distinct(projects))
        .send()
        .await;
    // What is in place is told even where the rest failed.
    let settled = match &answer {
        Ok(created) => Some(created),
        Err(error) => error.created(),
    };
    if let Some(settled) = settled {
        let new: HashSet<&PermissionId> = settled.created().map(|new| &new.id).collect();
        for permission in settled.iter() {
            let is_new = new.contains(&permission.id);
            output.row(&[
                Cell::text(&checkpoint),
                Cell::text(&permission.id),
                Cell::text(&permission.project_id),
                Cell::Time(permission.created_at),
                Cell::text(if is_new { "created" } else { "existing" }),
            ])?;
        }
        output.batch_end()?;
        context.note(&format!(
            "{checkpoint}: {} created, {} there before",
            count(new.len(), "permission"),
            settled.len() - new.len()
        ));
    }
    drop(answer?);
    output.finish()?;
    Ok(Exit::Success)
}

/// Projects from standard input: one a line, or the body of the API's own request.
fn from_stdin() -> Result<Vec<ProjectId>, Failure> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Body {
        project_ids: Vec<ProjectId>,
    }
    let path = Path::new("-");
    let text = lines::text(path)?;
    let projects = if text.trim_start().starts_with('{') {
        let body: Body = serde_json::from_str(&text).map_err(|error| {
            Failure::new(
                Exit::Usage,
                format!("failed to read standard input as JSON: {error}"),
            )
            .remedy("it looks like this: {\"project_ids\": [\"proj_a\", \"proj_b\"]}")
        })?;
        body.project_ids
    } else {
        lines::ids(path, &text)?
    };
    if projects.is_empty() {
        return Err(Failure::new(Exit::Usage, "standard input names no project"));
    }
    Ok(projects)
}
