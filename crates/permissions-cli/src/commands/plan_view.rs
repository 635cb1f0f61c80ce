//! Shows a plan as a diff, as Markdown or as rows.

use anstyle::Style;
use permissions_ext::sync::{PermissionRef, Plan};
use permissions_ext::{CheckpointId, PermissionId, ProjectId};

use super::words::count;
use crate::context::Context;
use crate::escape::escape_control;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Cell, Changes, Columns};
use crate::style::{CREATED, DELETED};

const COLUMNS: Columns = Columns {
    all: &["change", "checkpoint", "project_id", "permission_id"],
    hidden: None,
};

/// The output for a plan.
pub(super) enum Rows {
    /// Rows for programs.
    Rows(Box<Changes>),
    /// A diff or Markdown for people.
    Text,
}

impl Rows {
    /// Opens the output before the plan is made, so that a document for programs is complete also after a failure.
    pub(super) fn open(is_shown: bool, context: &Context) -> Result<Self, Failure> {
        if is_shown && context.wants_rows() && !context.wants_markdown() {
            return Ok(Self::Rows(Box::new(context.changes(COLUMNS)?)));
        }
        Ok(Self::Text)
    }

    /// Adds a row with an unknown change for each checkpoint. `show` replaces these rows. They are printed only if the
    /// live permissions cannot be read.
    pub(super) fn announce(&mut self, checkpoints: &[&CheckpointId]) {
        if let Self::Rows(changes) = self {
            for checkpoint in checkpoints {
                let cells = [
                    Cell::text("unknown"),
                    Cell::text(checkpoint),
                    Cell::Null,
                    Cell::Null,
                ];
                changes.announce(cells.to_vec());
            }
        }
    }

    /// Shows the plan, and its summary on standard error. `heading` is a list of names and values that is printed above the plan.
    pub(super) fn show(
        self,
        plan: &Plan,
        heading: &[(&str, String)],
        context: &Context,
    ) -> Result<(), Failure> {
        match self {
            Self::Rows(mut changes) => {
                changes.clear();
                write_rows(plan, &mut changes);
                changes.finish_unchanged()?;
            }
            Self::Text if context.wants_markdown() => markdown(plan, heading, context)?,
            Self::Text => diff(plan, heading, context)?,
        }
        context.note_always(&summary(plan));
        Ok(())
    }
}

fn diff(plan: &Plan, heading: &[(&str, String)], context: &Context) -> Result<(), Failure> {
    let mut out = context.text()?;
    for (name, value) in heading {
        out.line(&format!("{name:<9} {value}"), Style::new())?;
    }
    for (text, style) in lines(plan, context.is_verbose()) {
        out.line(&text, style)?;
    }
    Ok(out.finish()?)
}

/// Shows the plan to a person: on standard output, or on standard error if standard output is for programs.
pub(super) fn show_on_terminal(plan: &Plan, context: &Context) -> Result<(), Failure> {
    if !context.wants_rows() {
        diff(plan, &[], context)?;
    } else {
        lines(plan, false)
            .iter()
            .for_each(|(line, _)| context.note_always(line));
    }
    context.note_always(&summary(plan));
    Ok(())
}

/// The exit code of a plan that is not applied.
pub(super) fn exit(plan: &Plan) -> Exit {
    if plan.is_in_sync() {
        Exit::Success
    } else {
        Exit::Drift
    }
}

fn write_rows(plan: &Plan, changes: &mut Changes) {
    for part in plan.checkpoints() {
        let mut row = |change: &str, project: &ProjectId, permission: Option<&PermissionId>| {
            let permission = permission.map_or(Cell::Null, Cell::text);
            changes.row(&[
                Cell::text(change),
                Cell::text(&part.checkpoint),
                Cell::text(project),
                permission,
            ]);
        };
        part.create
            .iter()
            .for_each(|project| row("create", project, None));
        let mut known = |change, found: &PermissionRef| {
            row(change, &found.project_id, Some(&found.permission_id))
        };
        part.delete.iter().for_each(|found| known("delete", found));
        part.unchanged
            .iter()
            .for_each(|found| known("unchanged", found));
    }
}

/// Summarizes a plan in one line.
pub(super) fn summary(plan: &Plan) -> String {
    let checkpoints = count(plan.checkpoints().len(), "checkpoint");
    if plan.is_in_sync() {
        let unchanged = count(plan.unchanged(), "permission");
        return format!("in sync: {unchanged} of {checkpoints}");
    }
    format!(
        "{} to create, {} to delete, {} unchanged, in {checkpoints}",
        plan.creations(),
        plan.deletions(),
        plan.unchanged(),
    )
}

/// Writes the plan as a Markdown section with a diff block, which code hosts show in colours.
fn markdown(plan: &Plan, heading: &[(&str, String)], context: &Context) -> Result<(), Failure> {
    let mut out = context.text()?;
    let mut line = |text: &str| out.parts(&[(text.to_owned(), Style::new())]);
    line(&format!("### Plan: {}", summary(plan)))?;
    line("")?;
    for (name, value) in heading {
        line(&format!(
            "- {name}: `{}`",
            escape_control(value).replace('`', "'")
        ))?;
    }
    if !heading.is_empty() {
        line("")?;
    }
    if !plan.is_in_sync() {
        let lines = lines(plan, context.is_verbose());
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

/// The length of the longest run of backticks.
fn longest_run(lines: &[(String, Style)]) -> usize {
    let runs = lines.iter().flat_map(|(line, _)| line.split(|c| c != '`'));
    runs.map(str::len).max().unwrap_or(0)
}

/// The lines of a diff with their styles. The sign comes first, as code hosts expect it in a diff.
fn lines(plan: &Plan, with_unchanged: bool) -> Vec<(String, Style)> {
    let mut lines = Vec::new();
    for part in plan.checkpoints() {
        if part.create.is_empty() && part.delete.is_empty() && !with_unchanged {
            continue;
        }
        lines.push((format!("  {}", part.checkpoint), Style::new()));
        let create = part
            .create
            .iter()
            .map(|project| (format!("+   {project}"), CREATED));
        lines.extend(create);
        let described = |sign, found: &PermissionRef| {
            format!("{sign}   {} ({})", found.project_id, found.permission_id)
        };
        lines.extend(
            part.delete
                .iter()
                .map(|found| (described('-', found), DELETED)),
        );
        let unchanged = part.unchanged.iter().filter(|_| with_unchanged);
        lines.extend(unchanged.map(|found| (described(' ', found), Style::new())));
    }
    lines
}
