//! The changes of a plan as rows for programs.

use std::collections::HashMap;

use permissions_ext::sync::{AppliedChange, Change, CheckpointPlan, Outcome, Plan};
use permissions_ext::{CheckpointId, PermissionId, ProjectId};

use crate::context::Context;
use crate::failure::Failure;
use crate::output::{Cell, Changes, Columns};

/// The columns of a plan.
pub(super) const PLAN: Columns = Columns {
    all: &["change", "checkpoint", "project_id", "permission_id"],
    hidden: &[],
};

/// The columns of an applied plan.
pub(super) const APPLIED: Columns = Columns {
    all: &[
        "change",
        "checkpoint",
        "project_id",
        "permission_id",
        "result",
        "reason",
    ],
    hidden: &["reason"],
};

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
    pub(super) fn open(&mut self, columns: Columns, context: &Context) -> Result<(), Failure> {
        self.changes = Some(context.changes(columns)?);
        Ok(())
    }

    pub(super) fn is_open(&self) -> bool {
        self.changes.is_some()
    }

    /// Announces a row with an unknown change for each checkpoint. They are printed only if no plan can be made.
    pub(super) fn announce_checkpoints(&mut self, checkpoints: &[&CheckpointId]) {
        for checkpoint in checkpoints {
            self.announce("unknown", checkpoint, None, None);
        }
    }

    /// Announces a row for each change of the plan, and for each unchanged permission if `with_unchanged` is set.
    pub(super) fn announce_plan(&mut self, plan: &Plan, with_unchanged: bool) {
        self.changes.iter_mut().for_each(Changes::clear);
        for part in plan.checkpoints() {
            let CheckpointPlan {
                checkpoint,
                unchanged,
                ..
            } = part;
            for change in part.changes() {
                let (name, permission) = match &change {
                    Change::Delete { permission_id, .. } => ("delete", Some(permission_id)),
                    _ => ("create", None),
                };
                self.announce(name, checkpoint, Some(change.project_id()), permission);
            }
            for found in unchanged.iter().filter(|_| with_unchanged) {
                let (project, permission) = (&found.project_id, &found.permission_id);
                self.announce("unchanged", checkpoint, Some(project), Some(permission));
            }
        }
    }

    fn announce(
        &mut self,
        change: &str,
        checkpoint: &CheckpointId,
        project: Option<&ProjectId>,
        permission: Option<&PermissionId>,
    ) {
        let Some(changes) = &mut self.changes else {
            return;
        };
        let number = changes.announce(vec![
            Cell::text(change),
            Cell::text(checkpoint),
            Cell::optional(project),
            Cell::optional(permission),
            Cell::text("skipped"),
            Cell::Null,
        ]);
        if let Some(project) = project {
            let key = (checkpoint.clone(), project.clone(), permission.cloned());
            self.numbers.insert(key, number);
        }
    }

    /// Sets the result of all changes.
    pub(super) fn set_all(&mut self, result: &str) {
        let changes = self.changes.iter_mut();
        changes.for_each(|changes| changes.set_all("result", &Cell::text(result)));
    }

    /// Sets the result of a change and writes its row.
    pub(super) fn resolve(&mut self, applied: &AppliedChange) {
        let permission = match &applied.change {
            Change::Delete { permission_id, .. } => Some(permission_id.clone()),
            _ => None,
        };
        let project = applied.change.project_id().clone();
        let number = self
            .numbers
            .get(&(applied.checkpoint.clone(), project, permission));
        let (Some(changes), Some(&number)) = (&mut self.changes, number) else {
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
