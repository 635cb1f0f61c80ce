//! `permissions delete`: takes permissions away, by their own id or by project.

use permissions_ext::{CheckpointId, Deleted, PermissionId, Permissions, ProjectId};

use super::{Context, count, distinct};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::ids;
use crate::output::{Cell, Columns};
use crate::session::Session;

const COLUMNS: &[&str] = &["checkpoint", "id", "project_id", "result"];

const EXAMPLES: &str = "\
Examples:
  By the permissions' own ids, as `list` shows them:
    permissions delete ft:gpt-4o:acme cp_zc4Q7MP6XxulcVzj4MZdwsAB

  By project:
    permissions delete ft:gpt-4o:acme --project proj_a --project proj_b

  By project, of two checkpoints:
    permissions delete ft:gpt-4o:acme --project proj_a --checkpoint ft:gpt-4o:acme-eu";

const USAGE: &str = "\
permissions delete [OPTIONS] <CHECKPOINT> <PERMISSION>...
       permissions delete [OPTIONS] <CHECKPOINT> --project <PROJECT>...";

/// Arguments of `delete`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, override_usage = USAGE)]
pub(crate) struct Args {
    /// Fine-tuned checkpoint, such as ft:gpt-4o:acme
    #[arg(value_name = "CHECKPOINT", value_parser = ids::read::<CheckpointId>)]
    checkpoint: CheckpointId,

    /// Permission to take away
    #[arg(
        value_name = "PERMISSION",
        required_unless_present = "projects",
        conflicts_with = "projects",
        value_parser = ids::read::<PermissionId>
    )]
    permissions: Vec<PermissionId>,

    /// Project that may no longer use it; several at once or the option repeated
    #[arg(
        long = "project",
        value_name = "PROJECT",
        num_args = 1..,
        value_parser = ids::read::<ProjectId>
    )]
    projects: Vec<ProjectId>,

    /// Another checkpoint that the projects may no longer use; may be repeated
    #[arg(
        long = "checkpoint",
        value_name = "CHECKPOINT",
        requires = "projects",
        value_parser = ids::read::<CheckpointId>
    )]
    further: Vec<CheckpointId>,
}

pub(crate) async fn run(args: Args, context: &Context, session: &Session) -> Result<Exit, Failure> {
    let checkpoints = distinct([vec![args.checkpoint], args.further].concat());
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
    let mut changes = context.changes(Columns {
        all: COLUMNS,
        constant: (checkpoints.len() == 1).then_some("checkpoint"),
    })?;
    let mut done = Vec::new();
    let mut exit = Exit::Success;
    for checkpoint in &checkpoints {
        let permissions = session.permissions(checkpoint);
        let mut deleted = 0;
        for target in &targets {
            match target.delete(&permissions).await {
                Ok(rows) => {
                    for (id, project, result) in rows {
                        deleted += usize::from(result == DELETED);
                        let checkpoint = Cell::text(checkpoint);
                        changes.row(&[checkpoint, id, project, Cell::text(result)]);
                    }
                }
                // What one of them is refused says nothing about the next; anything else does.
                Err(failure)
                    if failure.exit() == Exit::Failure && targets.len() * checkpoints.len() > 1 =>
                {
                    context.tell(&failure);
                    exit = Exit::Failure;
                }
                Err(failure) => return Err(failure),
            }
        }
        let told = format!("{checkpoint}: {} deleted", count(deleted, "permission"));
        context.note_change(&told);
        done.push(told);
    }
    changes.finish(exit == Exit::Success, &done.join("; "))?;
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
        "already_gone"
    } else {
        DELETED
    }
}
