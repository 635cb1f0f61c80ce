//! `permissions delete` deletes permissions by id or by project.

use std::cell::RefCell;

use permissions_ext::{CheckpointId, Permission, PermissionId, ProjectId};

use super::batch;
use super::confirm::{confirm, require_terminal};
use super::words::{count, distinct};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::ids;
use crate::output::{Cell, Changes, Columns};
use crate::session::Session;

const COLUMNS: &[&str] = &["checkpoint", "id", "project_id", "result"];

const USAGE: &str = "\
permissions delete [OPTIONS] <CHECKPOINT> <PERMISSION>...
       permissions delete [OPTIONS] <CHECKPOINT> --project <PROJECT>...";

/// Arguments of `delete`.
#[derive(Debug, clap::Args)]
#[command(after_help = include_str!("../help/delete.txt"), override_usage = USAGE)]
pub(crate) struct Args {
    /// Fine-tuned checkpoint, such as ft:gpt-4o:acme
    #[arg(value_name = "CHECKPOINT")]
    checkpoint: Option<String>,

    /// Permission to delete
    #[arg(value_name = "PERMISSION")]
    permissions: Vec<String>,

    /// Project whose permissions are deleted; may be repeated
    #[arg(long = "project", value_name = "PROJECT", num_args = 1..)]
    projects: Vec<String>,

    /// Another checkpoint for the same projects; may be repeated
    #[arg(long = "checkpoint", value_name = "CHECKPOINT", requires = "projects", value_parser = ids::read::<CheckpointId>)]
    more: Vec<CheckpointId>,

    /// Delete without a prompt
    #[arg(short, long)]
    yes: bool,

    /// Show what would be deleted, and delete nothing
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,
}

/// The checkpoints, and the permissions or projects to delete from each checkpoint.
struct Selection {
    checkpoints: Vec<CheckpointId>,
    permissions: Vec<PermissionId>,
    projects: Vec<ProjectId>,
}

impl Selection {
    /// Separates the checkpoint from the permissions and projects. `--project` accepts several values, so a checkpoint
    /// id after it is parsed as a project.
    fn new(args: &Args) -> Result<Self, Failure> {
        let projects = args.projects.iter();
        let (misplaced, projects): (Vec<&String>, Vec<&String>) =
            projects.partition(|word| ids::is_checkpoint(word));
        let words = args.checkpoint.iter().chain(&args.permissions);
        let mut words: Vec<&String> = words.chain(misplaced).collect();
        if words.is_empty() {
            return Err(Failure::usage("no checkpoint to delete permissions from")
                .remedy("write it as permissions delete CHECKPOINT --project PROJECT"));
        }
        let at = words.iter().position(|word| ids::is_checkpoint(word));
        let checkpoint: CheckpointId = ids::argument(words.remove(at.unwrap_or(0)))?;
        let permissions = words.iter().map(|word| ids::argument(word));
        let permissions: Vec<PermissionId> = permissions.collect::<Result<_, _>>()?;
        let projects = projects.iter().map(|word| ids::argument(word));
        let projects: Vec<ProjectId> = projects.collect::<Result<_, _>>()?;
        match (permissions.is_empty(), projects.is_empty()) {
            (true, true) => Err(
                Failure::usage(format!("nothing to delete from {checkpoint}"))
                    .remedy("add permission ids, or projects with --project PROJECT"),
            ),
            (false, false) => Err(Failure::usage(
                "permission ids and --project cannot be used together",
            )
            .remedy("delete by permission ids or by projects")),
            _ => Ok(Self {
                checkpoints: distinct([vec![checkpoint], args.more.clone()].concat()),
                permissions: distinct(permissions),
                projects: distinct(projects),
            }),
        }
    }

    fn contains(&self, permission: &Permission) -> bool {
        self.permissions.contains(&permission.id) || self.projects.contains(&permission.project_id)
    }
}

/// A permission to delete, and the index of its row.
struct Target {
    checkpoint: CheckpointId,
    id: PermissionId,
    project: Option<ProjectId>,
    row: usize,
}

/// Checks the arguments before the connection is opened.
pub(crate) fn check(args: &Args) -> Result<(), Failure> {
    Selection::new(args)?;
    if args.yes || args.dry_run {
        Ok(())
    } else {
        require_terminal()
    }
}

pub(crate) async fn run(args: Args, session: &Session<'_>) -> Result<Exit, Failure> {
    let context = session.context;
    context.tally.announce();
    let (yes, dry_run) = (args.yes, args.dry_run);
    let selection = Selection::new(&args)?;
    let is_single = selection.checkpoints.len() == 1;
    let columns = Columns::new(COLUMNS).hide("checkpoint", is_single);
    let changes = context.changes(columns)?;
    let targets = find(&selection, &changes, session).await?;
    if dry_run {
        for target in &targets {
            let result = target.project.as_ref().map_or("none", |_| "would_delete");
            changes.set(target.row, "result", Cell::text(result));
        }
    }
    if dry_run || targets.is_empty() {
        changes.finish_unchanged()?;
        return Ok(Exit::Success);
    }
    if !yes {
        for target in &targets {
            let project = target.project.as_ref().map(ProjectId::as_str);
            let project = project.unwrap_or("unknown permission");
            context.note_always(&format!("{}: {project} ({})", target.checkpoint, target.id));
        }
        let permissions = count(targets.len(), "permission");
        let checkpoints = count(selection.checkpoints.len(), "checkpoint");
        confirm(&format!("Delete {permissions} of {checkpoints}?"), context).await?;
    }
    context.tally.start(targets.len());
    let deleted = RefCell::new(Vec::new());
    let delete = async |at: usize| {
        let target: &Target = &targets[at];
        let set = |result| changes.set(target.row, "result", Cell::text(result));
        let request = session.permissions(&target.checkpoint)?.delete(&target.id);
        // If the command is stopped during the request, nobody knows whether the permission was deleted.
        set("unknown");
        let result = request.send().await;
        match &result {
            Ok(gone) if gone.already_gone => set("already_gone"),
            Ok(_) => {
                set("deleted");
                deleted.borrow_mut().push(&target.checkpoint);
                context.tally.add(1);
            }
            Err(_) => set("failed"),
        }
        Ok(result.map(drop)?)
    };
    let done = |at: usize| changes.write(targets[at].row);
    let result = batch::each(targets.len(), context, delete, done).await;
    let deleted = deleted.into_inner();
    for checkpoint in &selection.checkpoints {
        let deleted = deleted.iter().filter(|of| **of == checkpoint).count();
        let deleted = count(deleted, "permission");
        context.note_change(format!("{checkpoint}: {deleted} deleted"));
    }
    context.conclude(changes, result)
}

/// Reads the live permissions of the checkpoints, and adds a row for each permission to delete. Warns if
/// the deletion leaves a checkpoint without projects. A requested permission id that is not among the live permissions
/// is kept, so that the API reports it.
async fn find(
    selection: &Selection,
    changes: &Changes,
    session: &Session<'_>,
) -> Result<Vec<Target>, Failure> {
    let row = |checkpoint: &CheckpointId, id: Cell, project: Cell, result: &str| {
        vec![Cell::text(checkpoint), id, project, Cell::text(result)]
    };
    // These rows are printed only if the live permissions cannot be read. Otherwise, the rows below replace them.
    for checkpoint in &selection.checkpoints {
        for id in &selection.permissions {
            changes.add_pending(row(checkpoint, Cell::text(id), Cell::Null, "skipped"));
        }
        for project in &selection.projects {
            changes.add_pending(row(checkpoint, Cell::Null, Cell::text(project), "skipped"));
        }
    }
    let mut targets = Vec::new();
    let mut without = Vec::new();
    for checkpoint in &selection.checkpoints {
        let live = session.permissions(checkpoint)?.list().all().await?;
        if !live.is_empty() && live.iter().all(|permission| selection.contains(permission)) {
            session.context.warn(&format!(
                "after this deletion, no project can use {checkpoint}"
            ));
        }
        let mut add = |id: &PermissionId, project: Option<&ProjectId>| {
            targets.push(Target {
                checkpoint: checkpoint.clone(),
                id: id.clone(),
                project: project.cloned(),
                row: 0,
            });
        };
        for id in &selection.permissions {
            let found = live.iter().find(|permission| permission.id == *id);
            add(id, found.map(|found| &found.project_id));
        }
        for project in &selection.projects {
            let of_project = |permission: &&Permission| permission.project_id == *project;
            let mut found = live.iter().filter(of_project).peekable();
            if found.peek().is_none() {
                without.push((checkpoint, project));
            }
            found.for_each(|permission| add(&permission.id, Some(project)));
        }
    }
    changes.clear();
    for (checkpoint, project) in without {
        changes.row(&row(checkpoint, Cell::Null, Cell::text(project), "none"));
        session.context.note_always(&format!(
            "{checkpoint}: project {project} has no permission, so there is nothing to delete"
        ));
    }
    for target in &mut targets {
        let (id, project) = (Cell::text(&target.id), target.project.as_ref());
        let project = Cell::optional(project);
        target.row = changes.add_pending(row(&target.checkpoint, id, project, "skipped"));
    }
    Ok(targets)
}
