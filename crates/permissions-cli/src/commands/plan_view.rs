//! Shows a plan as a diff, as Markdown or as rows.

use anstyle::Style;
use permissions_ext::CheckpointId;
use permissions_ext::sync::{CheckpointPlan, PermissionRef, Plan};

use super::words::count;
use crate::context::Context;
use crate::escape::escape_control;
use crate::failure::Failure;
use crate::output::{Cell, Changes, Columns};
use crate::style::{CREATED, DELETED};

const COLUMNS: Columns = Columns {
    all: &["change", "checkpoint", "project_id", "permission_id"],
    hidden: None,
};

/// A line of a diff.
enum Line {
    Checkpoint(String),
    Create(String),
    Delete(String),
    Unchanged(String),
}

/// The output for a plan.
pub(super) enum Rows {
    /// Rows for programs.
    Rows(Changes),
    /// A diff or Markdown for people.
    Text,
}

impl Rows {
    /// Opens the output before the plan is made, so that a document for programs is complete also after a failure.
    pub(super) fn open(is_shown: bool, context: &Context) -> Result<Self, Failure> {
        if is_shown && context.wants_rows() && !context.wants_markdown() {
            return Ok(Self::Rows(context.changes(COLUMNS)?));
        }
        Ok(Self::Text)
    }

    /// Announces a row for each checkpoint. It is written if the live permissions cannot be read.
    pub(super) fn announce<'a>(&mut self, checkpoints: impl Iterator<Item = &'a CheckpointId>) {
        if let Self::Rows(changes) = self {
            for checkpoint in checkpoints {
                let checkpoint = Cell::text(checkpoint);
                changes.announce(vec![
                    Cell::text("unknown"),
                    checkpoint,
                    Cell::Null,
                    Cell::Null,
                ]);
            }
        }
    }

    /// Shows the plan, and its summary on standard error. `heading` has lines of a name and a value.
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
    for line in lines(plan, context.is_verbose()) {
        let (text, style) = line.text();
        out.line(&text, style)?;
    }
    Ok(out.finish()?)
}

/// Prints the diff on standard error, above the prompt of a command whose standard output is for programs.
pub(super) fn note(plan: &Plan, context: &Context) {
    for line in lines(plan, false) {
        context.note_always(&line.text().0);
    }
    context.note_always(&summary(plan));
}

fn write_rows(plan: &Plan, changes: &mut Changes) {
    for part in plan.checkpoints() {
        for project in &part.create {
            changes.row(&[
                Cell::text("create"),
                Cell::text(&part.checkpoint),
                Cell::text(project),
                Cell::Null,
            ]);
        }
        let deletions = part.delete.iter().map(|permission| ("delete", permission));
        let unchanged = part
            .unchanged
            .iter()
            .map(|permission| ("unchanged", permission));
        for (change, permission) in deletions.chain(unchanged) {
            changes.row(&[
                Cell::text(change),
                Cell::text(&part.checkpoint),
                Cell::text(&permission.project_id),
                Cell::text(&permission.permission_id),
            ]);
        }
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
        let lines: Vec<String> = lines(plan, context.is_verbose())
            .map(|line| line.text().0)
            .collect();
        // A fence has to be longer than every run of backticks inside.
        let fence = "`".repeat(3.max(longest_run(&lines, '`') + 1));
        line(&format!("{fence}diff"))?;
        for text in &lines {
            line(text)?;
        }
        line(&fence)?;
    }
    Ok(out.finish()?)
}

fn longest_run(lines: &[String], wanted: char) -> usize {
    let runs = lines
        .iter()
        .flat_map(|line| line.split(move |c| c != wanted));
    runs.map(str::len).max().unwrap_or(0)
}

fn lines(plan: &Plan, with_unchanged: bool) -> impl Iterator<Item = Line> {
    let is_shown = move |part: &&CheckpointPlan| {
        with_unchanged || !part.create.is_empty() || !part.delete.is_empty()
    };
    plan.checkpoints()
        .iter()
        .filter(is_shown)
        .flat_map(move |part| {
            let heading = Line::Checkpoint(part.checkpoint.to_string());
            let create = part
                .create
                .iter()
                .map(|project| Line::Create(project.to_string()));
            let described = |permission: &PermissionRef| {
                format!("{} ({})", permission.project_id, permission.permission_id)
            };
            let delete = part
                .delete
                .iter()
                .map(move |permission| Line::Delete(described(permission)));
            let unchanged = part.unchanged.iter().filter(move |_| with_unchanged);
            let unchanged = unchanged.map(move |permission| Line::Unchanged(described(permission)));
            std::iter::once(heading)
                .chain(create)
                .chain(delete)
                .chain(unchanged)
        })
}

impl Line {
    /// The text with its style. The sign comes first, as in a diff.
    fn text(&self) -> (String, Style) {
        match self {
            Self::Checkpoint(text) => (format!("  {text}"), Style::new()),
            Self::Create(text) => (format!("+   {text}"), CREATED),
            Self::Delete(text) => (format!("-   {text}"), DELETED),
            Self::Unchanged(text) => (format!("    {text}"), Style::new()),
        }
    }
}
