//! `permissions delete`: takes permissions away, by their own id or by project.

use permissions_ext::{CheckpointId, Deleted, PermissionId, Permissions, ProjectId};

use super::{Context, count, distinct};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Cell, Columns};
use crate::session::Session;

const COLUMNS: &[&str] = &["checkpoint", "id", "project_id", "result"];

const EXAMPLES: &str = "\
Examples:
  By the permissions' own ids, as `list` shows them:
    permissions delete ft:gpt-4o:acme cp_zc4Q7MP6XxulcVzj4MZdwsAB

  By project:
    permissions delete ft:gpt-4o:acme --project proj_a --project proj_b";

const USAGE: &str = "\
permissions delete [OPTIONS] <CHECKPOINT> <PERMISSION>...
       permissions delete [OPTIONS] <CHECKPOINT> --project <PROJECT>...";

/// Arguments of `delete`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, override_usage = USAGE)]
pub(crate) struct Args {
    /// Fine-tuned checkpoint, such as ft:gpt-4o:acme
    #[arg(value_name = "CHECKPOINT")]
    checkpoint: CheckpointId,

    /// Permission to take away
    #[arg(
        value_name = "PERMISSION",
        required_unless_present = "projects",
        conflicts_with = "projects"
    )]
    permissions: Vec<PermissionId>,

    /// Project that may no longer use it; several at once or the option repeated
    #[arg(long = "project", value_name = "PROJECT", num_args = 1..)]
    projects: Vec<ProjectId>,
}

pub(crate) async fn run(args: Args, context: &Context, session: &Session) -> Result<Exit, Failure> {
    let checkpoint = args.checkpoint;
    let permissions = session.permissions(&checkpoint);
    let mut output = context.output(Columns {
        all: COLUMNS,
        constant: Some("checkpoint"),
    })?;
    let targets: Vec<Target> = if args.projects.is_empty() {
        distinct(args.permissions)
            .into_iter()
            .map(Target::Permission)
            .collect()
    } else {
        distinct(args.projects)
            .into_iter()
            .map(Target::Project)
            .collect()
    };
    let (mut deleted, mut exit) = (0, Exit::Success);
    for target in &targets {
        match target.delete(&permissions).await {
            Ok(rows) => {
                for (id, project, result) in rows {
                    deleted += usize::from(result == DELETED);
                    let checkpoint = Cell::text(&checkpoint);
                    output.row(&[checkpoint, id, project, Cell::text(result)])?;
                }
                output.batch_end()?;
            }
            // What one of them is refused says nothing about the next; anything else does.
            Err(failure) if failure.exit() == Exit::Failure && targets.len() > 1 => {
                context.tell(&failure);
                exit = Exit::Failure;
            }
            Err(failure) => return Err(failure),
        }
    }
    if exit == Exit::Success {
        output.finish()?;
    }
    context.note(&format!(
        "{checkpoint}: {} deleted",
        count(deleted, "permission")
    ));
    Ok(exit)
}

const DELETED: &str = "deleted";

/// What is to be taken away.
enum Target {
    Permission(PermissionId),
    Project(ProjectId),
}

impl Target {
    /// Takes it away, and says of each permission what became of it.
    async fn delete(
        &self,
        permissions: &Permissions,
    ) -> Result<Vec<(Cell, Cell, &'static str)>, Failure> {
        match self {
            Self::Permission(id) => {
                let deleted = permissions.delete(id).send().await?;
                Ok(vec![(Cell::text(id), Cell::Nothing, result(&deleted))])
            }
            Self::Project(project) => {
                let deleted = permissions.delete_project(project).send().await?;
                if deleted.is_empty() {
                    return Ok(vec![(Cell::Nothing, Cell::text(project), "none")]);
                }
                Ok(deleted
                    .iter()
                    .map(|deleted| {
                        (
                            Cell::text(&deleted.id),
                            Cell::text(project),
                            result(deleted),
                        )
                    })
                    .collect())
            }
        }
    }
}

fn result(deleted: &Deleted) -> &'static str {
    if deleted.already_gone {
        "gone"
    } else {
        DELETED
    }
}
