//! Shows a plan.

use anstyle::Style;
use permissions_ext::sync::{PermissionRef, Plan};

use super::plan_rows::PlanRows;
use super::words::count;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::names::Names;
use crate::style::{CREATED, DELETED, escape_control};

/// Names and values that are printed above a plan.
pub(super) type Heading = [(&'static str, String)];

/// Opens rows for a plan, if an option requires them.
pub(super) fn open_rows(has_names: bool, context: &Context) -> Result<PlanRows, Failure> {
    let mut rows = PlanRows::default();
    if context.wants_rows() && !context.wants_markdown() {
        rows.open(false, has_names, context)?;
    }
    Ok(rows)
}

/// Shows the plan as rows or for people, and its summary on standard error.
pub(super) fn show(
    plan: &Plan,
    names: &Names,
    mut rows: PlanRows,
    heading: &Heading,
    context: &Context,
) -> Result<(), Failure> {
    if rows.is_open() {
        rows.add_plan(plan, names, true);
        rows.finish_unchanged()?;
    } else if context.wants_markdown() {
        markdown(plan, names, heading, context)?;
    } else {
        diff(plan, names, heading, context)?;
    }
    context.note_always(&summary(plan));
    Ok(())
}

fn diff(plan: &Plan, names: &Names, heading: &Heading, context: &Context) -> Result<(), Failure> {
    let mut out = context.text()?;
    for (name, value) in heading {
        out.line(&format!("{name:<9} {value}"), Style::new())?;
    }
    for (text, style) in lines(plan, names, context.is_verbose()) {
        out.line(&text, style)?;
    }
    Ok(out.finish()?)
}

/// Shows the plan to a person: on standard output, or on standard error if standard output is for programs.
pub(super) fn show_on_terminal(
    plan: &Plan,
    names: &Names,
    context: &Context,
) -> Result<(), Failure> {
    if !context.wants_rows() {
        diff(plan, names, &[], context)?;
    } else {
        lines(plan, names, false)
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
fn markdown(
    plan: &Plan,
    names: &Names,
    heading: &Heading,
    context: &Context,
) -> Result<(), Failure> {
    let mut out = context.text()?;
    let mut line = |text: &str| out.parts(&[(text.to_owned(), Style::new())]);
    line(&format!("### Plan: {}", summary(plan)))?;
    line("")?;
    for (name, value) in heading {
        let value = escape_control(value).replace('`', "'");
        line(&format!("- {name}: `{value}`"))?;
    }
    if !heading.is_empty() {
        line("")?;
    }
    if !plan.is_in_sync() {
        let lines = lines(plan, names, context.is_verbose());
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
fn lines(plan: &Plan, names: &Names, with_unchanged: bool) -> Vec<(String, Style)> {
    let mut lines = Vec::new();
    for part in plan.checkpoints() {
        if part.create.is_empty() && part.delete.is_empty() && !with_unchanged {
            continue;
        }
        lines.push((format!("  {}", part.checkpoint), Style::new()));
        for project in &part.create {
            lines.push((format!("+   {}", names.describe(project)), CREATED));
        }
        let mut found = |sign, found: &PermissionRef, style| {
            let PermissionRef {
                project_id,
                permission_id,
                ..
            } = found;
            let project = names.describe(project_id);
            lines.push((format!("{sign}   {project} ({permission_id})"), style));
        };
        part.delete.iter().for_each(|it| found('-', it, DELETED));
        let unchanged = part.unchanged.iter().filter(|_| with_unchanged);
        unchanged.for_each(|it| found(' ', it, Style::new()));
    }
    lines
}
