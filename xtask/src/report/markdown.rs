//! Formats a report as the text of a pull request.

use std::fmt::{self, Write};

use super::{Change, Grade, Operations, Pins, Pipeline, Report, SurfaceDiff};
use crate::lock::Lock;

/// Returns the report in Markdown.
pub(super) fn write(report: &Report) -> String {
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = sections(&mut text, report);
    text
}

fn sections(text: &mut String, report: &Report) -> fmt::Result {
    match report.verdict {
        Some(grade) => writeln!(text, "# The specification changed: {grade}")?,
        None => writeln!(text, "# The specification did not change for users")?,
    }
    if let Some(pins) = &report.pins {
        self::pins(text, pins)?;
    }
    if report.verdict.is_some() {
        summary(text, report)?;
        operations(text, &report.operations)?;
        changes(text, &report.changes)?;
        surface(text, &report.surface)?;
    }
    if let Some(pipeline) = &report.pipeline {
        self::pipeline(text, pipeline)?;
    }
    Ok(())
}

fn pins(text: &mut String, Pins { from, to }: &Pins) -> fmt::Result {
    let Some(from) = from else {
        return writeln!(text, "\nGenerated from {}.", pin(to));
    };
    if pin(from) == pin(to) && from.sha256 == to.sha256 && from.generator == to.generator {
        return writeln!(text, "\nThe pin is unchanged: {}.", pin(to));
    }
    writeln!(text, "\n| | from | to |\n| --- | --- | --- |")?;
    let digest = |lock: &Lock| format!("`{}…`", lock.sha256.get(..12).unwrap_or(&lock.sha256));
    let rows = [
        ("pin", pin(from), pin(to)),
        ("sha256", digest(from), digest(to)),
        ("bytes", from.bytes.to_string(), to.bytes.to_string()),
        ("OpenAPI", from.openapi.clone(), to.openapi.clone()),
        ("generator", from.generator.clone(), to.generator.clone()),
    ];
    for (name, from, to) in rows {
        writeln!(text, "| {name} | {from} | {to} |")?;
    }
    Ok(())
}

fn pin(lock: &Lock) -> String {
    match (&lock.repository, &lock.commit) {
        (Some(repository), Some(commit)) => format!("`{repository}@{commit}:{}`", lock.path()),
        _ => format!("`{}`, a local file", lock.file_name()),
    }
}

fn summary(text: &mut String, report: &Report) -> fmt::Result {
    let count = |grade| {
        let changes = report.changes.iter();
        changes.filter(|change| change.grade == grade).count()
    };
    let (major, minor, patch) = (
        count(Grade::Major),
        count(Grade::Minor),
        count(Grade::Patch),
    );
    writeln!(
        text,
        "\n{major} major, {minor} minor and {patch} patch changes."
    )
}

fn operations(text: &mut String, operations: &Operations) -> fmt::Result {
    let lists = [
        ("removed", &operations.removed),
        ("changed", &operations.changed),
        ("added", &operations.added),
    ];
    if lists.iter().all(|(_, list)| list.is_empty()) {
        return Ok(());
    }
    writeln!(text, "\n## Operations\n")?;
    for (word, list) in lists {
        for operation in list {
            writeln!(text, "- {word}: `{operation}`")?;
        }
    }
    Ok(())
}

fn changes(text: &mut String, changes: &[Change]) -> fmt::Result {
    if changes.is_empty() {
        return Ok(());
    }
    writeln!(
        text,
        "\n## Changes\n\n| | direction | where | what | why |\n| --- | --- | --- | --- | --- |"
    )?;
    for change in changes {
        let direction = change.direction;
        let direction = direction.map_or_else(String::new, |direction| direction.to_string());
        writeln!(
            text,
            "| **{}** | {direction} | `{}` | {} | {} |",
            change.grade,
            cell(&change.location),
            cell(&change.what),
            cell(&change.reason)
        )?;
    }
    Ok(())
}

fn surface(text: &mut String, diff: &SurfaceDiff) -> fmt::Result {
    if diff.grade().is_none() {
        return writeln!(
            text,
            "\nThe public items of the generated crate are unchanged."
        );
    }
    writeln!(text, "\n## Public items of the generated crate\n")?;
    for line in &diff.renamed {
        writeln!(text, "- renamed: `{line}`")?;
    }
    if diff.added.is_empty() && diff.removed.is_empty() {
        return Ok(());
    }
    let added = diff.added.iter().map(|line| (line, '+'));
    let mut lines: Vec<_> = diff.removed.iter().map(|line| (line, '-')).collect();
    lines.extend(added);
    // The old line of a changed item is above its new line.
    lines.sort_by_key(|(line, sign)| (*line, *sign == '+'));
    writeln!(text, "```diff")?;
    for (line, sign) in lines {
        writeln!(text, "{sign} {line}")?;
    }
    writeln!(text, "```")
}

fn pipeline(text: &mut String, pipeline: &Pipeline) -> fmt::Result {
    let actions = &pipeline.overlay;
    let mut table = "| matches | target | why |\n| --- | --- | --- |\n".to_owned();
    for action in actions {
        let (target, why) = (cell(&action.target), cell(&action.description));
        writeln!(table, "| {} | `{target}` | {why} |", action.matched)?;
    }
    if pipeline.overlay_changed {
        writeln!(text, "\n## Overlay\n\n{}", table.trim_end())?;
    } else {
        let summary = format!("Overlay: {} actions, unchanged", actions.len());
        writeln!(
            text,
            "\n<details>\n<summary>{summary}</summary>\n\n{table}\n</details>"
        )?;
    }
    if pipeline.notes.is_empty() {
        return writeln!(text, "\nThe select and lower stages dropped nothing.");
    }
    writeln!(text, "\n## Select and lower stages\n")?;
    for note in &pipeline.notes {
        writeln!(
            text,
            "- {}: {} (`{}`)",
            note.rule,
            line(&note.what),
            note.at
        )?;
    }
    Ok(())
}

/// Escapes text for a cell of a table.
fn cell(text: &str) -> String {
    line(text).replace('|', "\\|")
}

fn line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
