//! The changes of a plan as rows for programs.

use std::collections::HashMap;

use permissions_ext::sync::{AppliedChange, Change, Outcome, Plan};
use permissions_ext::{CheckpointId, PermissionId, ProjectId};

use crate::context::Context;
use crate::failure::Failure;
use crate::names::{self, Names};
use crate::output::{Cell, Changes, Columns};

/// The columns of an applied plan.
const COLUMNS: &[&str] = &[
    "change",
    "checkpoint",
    "project_id",
    names::COLUMN,
    "permission_id",
    "result",
    "reason",
];

/// Project and permission of a change. A project to create has no permission yet.
type Key = (CheckpointId, ProjectId, Option<PermissionId>);

/// The rows of a plan. Nothing is written before the output is opened.
#[derive(Default)]
pub(super) struct PlanRows {
    changes: Option<Changes>,
    /// The number of the row of each change.
    numbers: HashMap<Key, usize>,
}

impl PlanRows {
    /// Opens the output. A document that is opened before the plan is made is complete also after a failure.
    ///
    /// Rows have results if `is_applied` is set, and names if `has_names` is set.
    pub(super) fn open(
        &mut self,
        is_applied: bool,
        has_names: bool,
        context: &Context,
    ) -> Result<(), Failure> {
        let columns = Columns::new(COLUMNS)
            .hide("reason", true)
            .remove("result", !is_applied)
            .remove("reason", !is_applied)
            .remove(names::COLUMN, !has_names);
        self.changes = Some(context.changes(columns)?);
        Ok(())
    }

    pub(super) fn is_open(&self) -> bool {
        self.changes.is_some()
    }

    /// Adds a row with an unknown change for each checkpoint. They are printed only if no plan can be made.
    pub(super) fn add_checkpoints(&self, checkpoints: &[&CheckpointId]) {
        let Some(changes) = &self.changes else {
            return;
        };
        for checkpoint in checkpoints {
            let mut row = vec![Cell::Null; COLUMNS.len()];
            row[..2].clone_from_slice(&[Cell::text("unknown"), Cell::text(checkpoint)]);
            let number = changes.add_pending(row);
            changes.set(number, "result", Cell::text("skipped"));
        }
    }

    /// Adds a row for each change of the plan, and for each unchanged permission if `with_unchanged` is set.
    pub(super) fn add_plan(&mut self, plan: &Plan, names: &Names, with_unchanged: bool) {
        let Some(changes) = &self.changes else {
            return;
        };
        changes.clear();
        for part in plan.checkpoints() {
            let checkpoint = &part.checkpoint;
            let unchanged = part.unchanged.iter().filter(|_| with_unchanged);
            let create = part.create.iter().map(|project| ("create", project, None));
            let delete = part.delete.iter().map(|found| ("delete", found));
            let found = delete.chain(unchanged.map(|found| ("unchanged", found)));
            let found = found.map(|(name, it)| (name, &it.project_id, Some(&it.permission_id)));
            for (change, project, permission) in create.chain(found) {
                let number = changes.add_pending(vec![
                    Cell::text(change),
                    Cell::text(checkpoint),
                    Cell::text(project),
                    Cell::optional(names.get(project)),
                    Cell::optional(permission),
                    Cell::text("skipped"),
                    Cell::Null,
                ]);
                let key = (checkpoint.clone(), project.clone(), permission.cloned());
                self.numbers.insert(key, number);
            }
        }
    }

    /// Sets the result of all changes.
    pub(super) fn set_all(&self, result: &str) {
        let changes = self.changes.iter();
        changes.for_each(|changes| changes.set_all("result", &Cell::text(result)));
    }

    /// Sets the result of a change and writes its row.
    pub(super) fn resolve(&self, applied: &AppliedChange) {
        let permission = match &applied.change {
            Change::Delete { permission_id, .. } => Some(permission_id.clone()),
            _ => None,
        };
        let project = applied.change.project_id().clone();
        let key = (applied.checkpoint.clone(), project, permission);
        let (Some(changes), Some(&number)) = (&self.changes, self.numbers.get(&key)) else {
            return;
        };
        match &applied.outcome {
            Outcome::Created(permission) | Outcome::Existing(permission) => {
                changes.set(number, "permission_id", Cell::text(&permission.id));
            }
            Outcome::Failed(error) => changes.set(number, "reason", Cell::text(error)),
            Outcome::Skipped(reason) => changes.set(number, "reason", Cell::text(reason)),
            _ => {}
        }
        changes.set(number, "result", Cell::text(applied.outcome.name()));
        changes.write(number);
    }

    /// Closes the document.
    pub(super) fn finish(self) -> Result<(), Failure> {
        self.changes.map_or(Ok(()), Changes::finish)
    }

    /// Closes the document of a command that made no changes.
    pub(super) fn finish_unchanged(self) -> Result<(), Failure> {
        self.changes.map_or(Ok(()), Changes::finish_unchanged)
    }
}
