//! `permissions delete` deletes permissions by id or by project.

use std::cell::RefCell;
use std::collections::HashMap;

use futures_util::TryStreamExt as _;
use permissions_ext::{CheckpointId, Deleted, Permission, PermissionId, ProjectId};

use super::batch;
use super::confirm::{can_ask, confirm};
use super::words::{count, distinct};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Cell, Changes, Columns};
use crate::requests::RequestOptions;
use crate::session::Session;
use crate::{completion, ids};

const COLUMNS: &[&str] = &["checkpoint", "id", "project_id", "result"];

const EXAMPLES: &str = "\
Examples:
  By permission id, as `list` prints it:
    permissions delete ft:gpt-4o:acme cp_zc4Q7MP6XxulcVzj4MZdwsAB

  By project, without a prompt:
    permissions delete ft:gpt-4o:acme --project proj_a --project proj_b --yes

  By project, for two checkpoints:
    permissions delete ft:gpt-4o:acme --project proj_a --checkpoint ft:gpt-4o:acme-eu";

const USAGE: &str = "\
permissions delete [OPTIONS] <CHECKPOINT> <PERMISSION>...
       permissions delete [OPTIONS] <CHECKPOINT> --project <PROJECT>...";

/// Arguments of `delete`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, override_usage = USAGE)]
pub(crate) struct Args {
    /// Fine-tuned checkpoint, such as ft:gpt-4o:acme
    #[arg(value_name = "CHECKPOINT", add = completion::checkpoints())]
    checkpoint: Option<String>,

    /// Permission to delete
    #[arg(value_name = "PERMISSION")]
    permissions: Vec<String>,

    /// Project whose permissions are deleted; may be repeated
    #[arg(
        long = "project",
        value_name = "PROJECT",
        num_args = 1..,
        add = completion::projects()
    )]
    projects: Vec<String>,

    /// Further checkpoint for the same projects; may be repeated
    #[arg(
        long = "checkpoint",
        value_name = "CHECKPOINT",
        requires = "projects",
        value_parser = ids::read::<CheckpointId>,
        add = completion::checkpoints()
    )]
    further: Vec<CheckpointId>,

    /// Delete without a prompt
    #[arg(short, long)]
    yes: bool,

    /// Show what would be deleted, and delete nothing
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,

    #[command(flatten)]
    pub(crate) requests: RequestOptions,
}

/// The checkpoints and the permissions to delete.
#[derive(Debug)]
struct Selection {
    checkpoints: Vec<CheckpointId>,
    targets: Vec<Target>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Target {
    Permission(PermissionId),
    Project(ProjectId),
}

impl Selection {
    /// Sorts the arguments. `--project` takes all words after it, so a checkpoint id may be among its values.
    fn new(args: &Args) -> Result<Self, Failure> {
        let (misplaced, projects): (Vec<&String>, Vec<&String>) = args
            .projects
            .iter()
            .partition(|word| ids::is_checkpoint(word));
        let mut words: Vec<&String> = args
            .checkpoint
            .iter()
            .chain(&args.permissions)
            .chain(misplaced)
            .collect();
        let at = words
            .iter()
            .position(|word| ids::is_checkpoint(word))
            .unwrap_or(0);
        if words.is_empty() {
            return Err(Failure::usage("no checkpoint to delete permissions from")
                .remedy("write it as permissions delete CHECKPOINT --project PROJECT"));
        }
        let checkpoint = ids::argument::<CheckpointId>(words.remove(at))?;
        let mut targets = Vec::new();
        for word in &words {
            targets.push(Target::Permission(ids::argument(word)?));
        }
        for word in &projects {
            targets.push(Target::Project(ids::argument(word)?));
        }
        if targets.is_empty() {
            return Err(
                Failure::usage(format!("nothing to delete from {checkpoint}"))
                    .remedy("add permission ids, or projects with --project PROJECT"),
            );
        }
        if !words.is_empty() && !projects.is_empty() {
            return Err(
                Failure::usage("permission ids and --project exclude each other")
                    .remedy("delete by permission ids or by projects"),
            );
        }
        Ok(Self {
            checkpoints: distinct([vec![checkpoint], args.further.clone()].concat()),
            targets: distinct(targets),
        })
    }

    /// Each target of each checkpoint.
    fn pairs(&self) -> Vec<(CheckpointId, Target)> {
        let of = |checkpoint: &CheckpointId| {
            let targets = self.targets.iter().cloned();
            let checkpoint = checkpoint.clone();
            targets
                .map(move |target| (checkpoint.clone(), target))
                .collect::<Vec<_>>()
        };
        self.checkpoints.iter().flat_map(of).collect()
    }
}

impl Target {
    fn selects(&self, permission: &Permission) -> bool {
        match self {
            Self::Permission(id) => permission.id == *id,
            Self::Project(project) => permission.project_id == *project,
        }
    }

    fn row(&self, checkpoint: &CheckpointId, result: &str) -> Vec<Cell> {
        let (id, project) = match self {
            Self::Permission(id) => (Cell::text(id), Cell::Null),
            Self::Project(project) => (Cell::Null, Cell::text(project)),
        };
        vec![Cell::text(checkpoint), id, project, Cell::text(result)]
    }
}

pub(crate) async fn run(args: Args, context: &Context, session: &Session) -> Result<Exit, Failure> {
    context.tally.announce();
    let selection = Selection::new(&args)?;
    if !args.yes && !args.dry_run && !can_ask() {
        // The error is reported before any request is sent.
        confirm("", context).await?;
    }
    let pairs = selection.pairs();
    let mut changes = context.changes(Columns {
        all: COLUMNS,
        hidden: (selection.checkpoints.len() == 1).then_some("checkpoint"),
    })?;
    for (checkpoint, target) in &pairs {
        changes.announce(target.row(checkpoint, "skipped"));
    }
    let survey = Survey::read(&selection, args.yes, session).await?;
    for checkpoint in survey.emptied() {
        context.warn(&format!("no project can use {checkpoint} after this"));
    }
    if args.dry_run {
        survey.show(&pairs, &mut changes);
        changes.finish_unchanged()?;
        return Ok(Exit::Success);
    }
    if !args.yes {
        survey.list(context);
        let permissions = count(survey.len(), "permission");
        let checkpoints = count(selection.checkpoints.len(), "checkpoint");
        confirm(&format!("Delete {permissions} of {checkpoints}?"), context).await?;
    }
    delete(
        &selection,
        &pairs,
        args.requests.concurrency(),
        changes,
        context,
        session,
    )
    .await
}

async fn delete(
    selection: &Selection,
    pairs: &[(CheckpointId, Target)],
    concurrency: usize,
    changes: Changes,
    context: &Context,
    session: &Session,
) -> Result<Exit, Failure> {
    context.tally.start(pairs.len());
    let changes = RefCell::new(changes);
    let deleted: RefCell<HashMap<CheckpointId, usize>> = RefCell::default();
    let send = |number: usize, (checkpoint, target): &(CheckpointId, Target)| {
        let (checkpoint, target) = (checkpoint.clone(), target.clone());
        let (changes, deleted) = (&changes, &deleted);
        async move {
            // If the command is stopped during the request, nobody knows whether the permission was deleted.
            changes
                .borrow_mut()
                .update(number, target.row(&checkpoint, "unknown"));
            match send(&target, &checkpoint, session).await {
                Ok(rows) => {
                    context.tally.add(1);
                    let made = rows
                        .iter()
                        .filter(|(_, result)| *result == "deleted")
                        .count();
                    *deleted.borrow_mut().entry(checkpoint).or_default() += made;
                    for (row, _) in &rows {
                        changes.borrow_mut().resolve(number, row);
                    }
                    None
                }
                Err(failure) => {
                    changes
                        .borrow_mut()
                        .resolve(number, &target.row(&checkpoint, "failed"));
                    Some(failure)
                }
            }
        }
    };
    let result = batch::each(pairs, concurrency, context, send).await;
    let deleted = deleted.into_inner();
    let summary = |checkpoint| {
        let deleted = deleted.get(checkpoint).copied().unwrap_or_default();
        format!("{checkpoint}: {} deleted", count(deleted, "permission"))
    };
    let summaries: Vec<String> = selection.checkpoints.iter().map(summary).collect();
    for summary in &summaries {
        context.note_change(summary);
    }
    let written = changes.into_inner().finish();
    let exit = result?;
    written.map_err(|error| Failure::from(error).after_changes(&summaries.join("; ")))?;
    Ok(exit)
}

/// Deletes a target and returns one row per permission with its result.
async fn send(
    target: &Target,
    checkpoint: &CheckpointId,
    session: &Session,
) -> Result<Vec<(Vec<Cell>, &'static str)>, Failure> {
    let permissions = session.permissions(checkpoint)?;
    let row = |id: &PermissionId, project: Cell, deleted: &Deleted| {
        let result = if deleted.already_gone {
            "already_gone"
        } else {
            "deleted"
        };
        (
            vec![
                Cell::text(checkpoint),
                Cell::text(id),
                project,
                Cell::text(result),
            ],
            result,
        )
    };
    match target {
        Target::Permission(id) => {
            let deleted = permissions.delete(id).send().await?;
            Ok(vec![row(id, Cell::Null, &deleted)])
        }
        Target::Project(project) => {
            let deleted = permissions.delete_project(project).send().await?;
            if deleted.is_empty() {
                return Ok(vec![(target.row(checkpoint, "none"), "none")]);
            }
            let rows = deleted
                .iter()
                .map(|deleted| row(&deleted.id, Cell::text(project), deleted));
            Ok(rows.collect())
        }
    }
}

/// The live permissions of the checkpoints, read before anything is deleted.
struct Survey {
    /// For each checkpoint: the selected permissions, and whether there are others.
    checkpoints: Vec<(CheckpointId, Vec<Permission>, bool)>,
}

impl Survey {
    /// Reads the permissions. If `is_brief` is set, stops at the first permission that is not selected, which proves
    /// that a project keeps its access.
    async fn read(
        selection: &Selection,
        is_brief: bool,
        session: &Session,
    ) -> Result<Self, Failure> {
        let mut checkpoints = Vec::new();
        for checkpoint in &selection.checkpoints {
            let (mut selected, mut has_others) = (Vec::new(), false);
            let mut live = session.permissions(checkpoint)?.list().stream();
            while let Some(permission) = live.try_next().await? {
                if selection
                    .targets
                    .iter()
                    .any(|target| target.selects(&permission))
                {
                    selected.push(permission);
                } else {
                    has_others = true;
                    if is_brief {
                        break;
                    }
                }
            }
            checkpoints.push((checkpoint.clone(), selected, has_others));
        }
        Ok(Self { checkpoints })
    }

    /// Checkpoints that no project can use after the deletion.
    fn emptied(&self) -> impl Iterator<Item = &CheckpointId> {
        let is_emptied = |(_, selected, has_others): &&(_, Vec<Permission>, bool)| {
            !selected.is_empty() && !has_others
        };
        self.checkpoints
            .iter()
            .filter(is_emptied)
            .map(|(checkpoint, ..)| checkpoint)
    }

    fn len(&self) -> usize {
        self.checkpoints
            .iter()
            .map(|(_, selected, _)| selected.len())
            .sum()
    }

    /// Prints the permissions above the prompt.
    fn list(&self, context: &Context) {
        for (checkpoint, selected, _) in &self.checkpoints {
            for permission in selected {
                context.note_always(&format!(
                    "{checkpoint}: {} ({})",
                    permission.project_id, permission.id
                ));
            }
        }
    }

    /// Writes the rows of a dry run.
    fn show(&self, pairs: &[(CheckpointId, Target)], changes: &mut Changes) {
        for (number, (checkpoint, target)) in pairs.iter().enumerate() {
            let found = self
                .checkpoints
                .iter()
                .find(|(known, ..)| known == checkpoint);
            let selected = found.into_iter().flat_map(|(_, selected, _)| selected);
            let mut rows: Vec<Vec<Cell>> = selected
                .filter(|permission| target.selects(permission))
                .map(|permission| {
                    vec![
                        Cell::text(checkpoint),
                        Cell::text(&permission.id),
                        Cell::text(&permission.project_id),
                        Cell::text("would_delete"),
                    ]
                })
                .collect();
            if rows.is_empty() {
                rows.push(target.row(checkpoint, "none"));
            }
            for row in &rows {
                changes.resolve(number, row);
            }
        }
    }
}
