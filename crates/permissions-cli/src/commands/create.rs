//! `permissions create`: lets projects use a checkpoint.

use std::collections::HashSet;

use permissions_ext::{CheckpointId, PermissionId, ProjectId};

use super::{Context, count, distinct};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Cell, Columns};
use crate::session::Session;

const COLUMNS: &[&str] = &["checkpoint", "id", "project_id", "created_at", "result"];

const EXAMPLES: &str = "\
Examples:
  Let two projects use a checkpoint; doing it again changes nothing:
    permissions create ft:gpt-4o:acme proj_a proj_b";

/// Arguments of `create`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Fine-tuned checkpoint, such as ft:gpt-4o:acme
    #[arg(value_name = "CHECKPOINT")]
    checkpoint: CheckpointId,

    /// Project that may use it
    #[arg(required = true, value_name = "PROJECT")]
    projects: Vec<ProjectId>,
}

pub(crate) async fn run(args: Args, context: &Context, session: &Session) -> Result<Exit, Failure> {
    let checkpoint = args.checkpoint;
    let mut output = context.output(Columns {
        all: COLUMNS,
        constant: Some("checkpoint"),
    })?;
    let answer = session
        .permissions(&checkpoint)
        .create(distinct(args.projects))
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
