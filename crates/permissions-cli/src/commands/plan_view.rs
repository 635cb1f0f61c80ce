//! Shows a plan to people, or as rows to programs.

use std::collections::HashMap;

use anstyle::Style;
use permissions_ext::sync::{AppliedChange, Change, Outcome, PermissionRef, Plan};
use permissions_ext::{CheckpointId, PermissionId, ProjectId};

use super::words::count;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::names::{self, Names};
use crate::output::{Cell, Changes, Columns};
use crate::style::{CREATED, DELETED, escape_control};

/// A plan with the names of its projects.
pub(super) struct NamedPlan {
    pub(super) plan: Plan,
    pub(super) names: Names,
}

/// Names and values that are printed above a plan.
type Heading = [(&'static str, String)];

impl NamedPlan {
    /// Shows the plan as rows or in a layout for people, and its summary on standard error.
    pub(super) fn show(
        &self,
        mut rows: PlanRows,
        heading: &Heading,
        context: &Context,
    ) -> Result<(), Failure> {
        if rows.is_open() {
            rows.add_plan(self, true);
            rows.finish_unchanged()?;
        } else if context.wants_markdown() {
            self.markdown(heading, context)?;
        } else {
            self.diff(heading, context)?;
        }
        context.note_always(&self.summary());
        Ok(())
    }

    /// Shows the plan to a person: on standard output, or on standard error if standard output is for programs.
    pub(super) fn show_on_terminal(&self, context: &Context) -> Result<(), Failure> {
        if context.wants_rows() {
            let lines = self.lines(false);
            lines.iter().for_each(|(line, _)| context.note_always(line));
        } else {
            self.diff(&[], context)?;
        }
        context.note_always(&self.summary());
        Ok(())
    }

    /// The exit code of a plan that is not applied.
    pub(super) fn exit(&self) -> Exit {
        if self.plan.is_in_sync() {
            Exit::Success
        } else {
            Exit::Drift
        }
    }

    /// Summarizes the plan in one line.
    pub(super) fn summary(&self) -> String {
        let plan = &self.plan;
        let checkpoints = count(plan.checkpoints().len(), "checkpoint");
        if plan.is_in_sync() {
            let unchanged = count(plan.unchanged(), "permission");
            return format!("in sync: {unchanged} of {checkpoints}");
        }
        let (create, delete, unchanged) = (plan.creations(), plan.deletions(), plan.unchanged());
        format!("{create} to create, {delete} to delete, {unchanged} unchanged, in {checkpoints}")
    }

    fn diff(&self, heading: &Heading, context: &Context) -> Result<(), Failure> {
        let mut out = context.text()?;
        for (name, value) in heading {
            out.line(&format!("{name:<9} {value}"), Style::new())?;
        }
        for (text, style) in self.lines(context.is_verbose()) {
            out.line(&text, style)?;
        }
        Ok(out.finish()?)
    }

    /// Writes a Markdown section with a diff block, which code hosts show in colours.
    fn markdown(&self, heading: &Heading, context: &Context) -> Result<(), Failure> {
        let mut out = context.text()?;
        let mut line = |text: &str| out.parts(&[(text.to_owned(), Style::new())]);
        line(&format!("### Plan: {}", self.summary()))?;
        line("")?;
        for (name, value) in heading {
            let value = escape_control(value).replace('`', "'");
            line(&format!("- {name}: `{value}`"))?;
        }
        if !heading.is_empty() {
            line("")?;
        }
        if !self.plan.is_in_sync() {
            let lines = self.lines(context.is_verbose());
            // A fence has to be longer than every run of backticks inside.
            let fence = "`".repeat(3.max(longest_run(&lines) + 1));
            line(&format!("{fence}diff"))?;
            for (text, _) in &lines {
                line(text)?;
            }
            line(&fence)?;
        }
        Ok(out.finish()?)
    }

    /// The lines of a diff with their styles. The sign comes first, as code hosts expect it in a diff.
    fn lines(&self, with_unchanged: bool) -> Vec<(String, Style)> {
        let mut lines = Vec::new();
        for part in self.plan.checkpoints() {
            if part.create.is_empty() && part.delete.is_empty() && !with_unchanged {
                continue;
            }
            lines.push((format!("  {}", part.checkpoint), Style::new()));
            for project in &part.create {
                lines.push((format!("+   {}", self.names.describe(project)), CREATED));
            }
            let mut found = |sign, found: &PermissionRef, style| {
                let (project, id) = (self.names.describe(&found.project_id), &found.permission_id);
                lines.push((format!("{sign}   {project} ({id})"), style));
            };
            part.delete.iter().for_each(|it| found('-', it, DELETED));
            let unchanged = part.unchanged.iter().filter(|_| with_unchanged);
            unchanged.for_each(|it| found(' ', it, Style::new()));
        }
        lines
    }
}

/// The length of the longest run of backticks.
fn longest_run(lines: &[(String, Style)]) -> usize {
    let runs = lines.iter().flat_map(|(line, _)| line.split(|c| c != '`'));
    runs.map(str::len).max().unwrap_or(0)
}

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

/// The checkpoint, the project and the permission id of a change. A permission to create has no id yet.
type Key = (CheckpointId, ProjectId, Option<PermissionId>);

/// The rows of a plan. Until the output is opened, rows are dropped.
#[derive(Default)]
pub(super) struct PlanRows {
    changes: Option<Changes>,
    /// The index of the row of each change.
    numbers: HashMap<Key, usize>,
}

impl PlanRows {
    /// Opens the output for a plan that is not applied. Does nothing if no option requires output in rows.
    pub(super) fn open_plan(&mut self, has_names: bool, context: &Context) -> Result<(), Failure> {
        if context.wants_rows() && !context.wants_markdown() {
            let columns = Columns::new(COLUMNS).remove("result", true);
            let columns = columns.remove("reason", true);
            self.changes = Some(context.changes(columns.remove(names::COLUMN, !has_names))?);
        }
        Ok(())
    }

    /// Opens the output for a plan that is applied. Call it before the plan is made, so that the output is a complete
    /// document even if no plan can be made.
    pub(super) fn open(&mut self, has_names: bool, context: &Context) -> Result<(), Failure> {
        let columns = Columns::new(COLUMNS).hide("reason", true);
        self.changes = Some(context.changes(columns.remove(names::COLUMN, !has_names))?);
        Ok(())
    }

    pub(super) fn is_open(&self) -> bool {
        self.changes.is_some()
    }

    /// Adds a row with an unknown change for each checkpoint. These rows are printed only if no plan can be made.
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
    pub(super) fn add_plan(&mut self, plan: &NamedPlan, with_unchanged: bool) {
        let Some(changes) = &self.changes else {
            return;
        };
        changes.clear();
        for part in plan.plan.checkpoints() {
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
                    Cell::optional(plan.names.get(project)),
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

    /// Sets the result of a change, and writes the row of the change.
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
