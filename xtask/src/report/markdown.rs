//! A report as the body of a pull request.

use std::fmt::{self, Write};

use super::{Change, Grade, Operations, Pins, Pipeline, Report, SurfaceDiff};
use crate::lock::Lock;

/// Writes a report.
pub(super) fn write(report: &Report) -> String {
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = sections(&mut text, report);
    text
}

fn sections(text: &mut String, report: &Report) -> fmt::Result {
    match report.verdict {
        Some(grade) => writeln!(text, "# The specification changed: {grade}")?,
        None => writeln!(
            text,
            "# The specification did not change for users of the client"
        )?,
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
        return writeln!(text, "\nMade from {}.", pin(to));
    };
    if from == to {
        return writeln!(text, "\nThe pin stays at {}.", pin(to));
    }
    writeln!(text, "\n| | from | to |\n| --- | --- | --- |")?;
    writeln!(text, "| pin | {} | {} |", pin(from), pin(to))?;
    let digest = |lock: &Lock| format!("`{}…`", lock.sha256.get(..12).unwrap_or(&lock.sha256));
    writeln!(text, "| sha256 | {} | {} |", digest(from), digest(to))?;
    writeln!(text, "| bytes | {} | {} |", from.bytes, to.bytes)?;
    writeln!(text, "| OpenAPI | {} | {} |", from.openapi, to.openapi)?;
    writeln!(
        text,
        "| generator | {} | {} |",
        from.generator, to.generator
    )
}

fn pin(lock: &Lock) -> String {
    match (&lock.repository, &lock.commit) {
        (Some(repository), Some(commit)) => format!("`{repository}@{commit}:{}`", lock.path()),
        _ => format!("`{}`, a local file", lock.file_name()),
    }
}

fn summary(text: &mut String, report: &Report) -> fmt::Result {
    let count = |grade| {
        report
            .changes
            .iter()
            .filter(|change| change.grade == grade)
            .count()
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

fn operations(
    text: &mut String,
    Operations {
        added,
        removed,
        changed,
    }: &Operations,
) -> fmt::Result {
    if added.is_empty() && removed.is_empty() && changed.is_empty() {
        return Ok(());
    }
    writeln!(text, "\n## Operations\n")?;
    for (word, operations) in [("removed", removed), ("changed", changed), ("added", added)] {
        for operation in operations {
            writeln!(text, "- {word}: `{operation}`")?;
        }
    }
    Ok(())
}

fn changes(text: &mut String, changes: &[Change]) -> fmt::Result {
    if changes.is_empty() {
        return Ok(());
    }
    writeln!(text, "\n## Changes\n\n| | direction | where | what | why |")?;
    writeln!(text, "| --- | --- | --- | --- | --- |")?;
    for change in changes {
        let direction = change
            .direction
            .map_or_else(String::new, |direction| direction.to_string());
        let Change {
            grade,
            location,
            what,
            reason,
            ..
        } = change;
        let (location, what) = (cell(location), cell(what));
        writeln!(
            text,
            "| **{grade}** | {direction} | `{location}` | {what} | {reason} |"
        )?;
    }
    Ok(())
}

fn surface(text: &mut String, SurfaceDiff { added, removed }: &SurfaceDiff) -> fmt::Result {
    if added.is_empty() && removed.is_empty() {
        return writeln!(
            text,
            "\nThe public items of the generated crate are the same."
        );
    }
    writeln!(text, "\n## Public items of the generated crate\n\n```diff")?;
    let mut lines: Vec<(&str, char)> = removed.iter().map(|line| (line.as_str(), '-')).collect();
    lines.extend(added.iter().map(|line| (line.as_str(), '+')));
    // What belongs together stands together: an item that changed is its old line above its new one.
    lines.sort_by_key(|(line, sign)| (*line, *sign == '+'));
    for (line, sign) in lines {
        writeln!(text, "{sign} {line}")?;
    }
    writeln!(text, "```")
}

fn pipeline(text: &mut String, Pipeline { overlay, notes }: &Pipeline) -> fmt::Result {
    writeln!(
        text,
        "\n## Overlay\n\n| matches | target | why |\n| --- | --- | --- |"
    )?;
    for action in overlay {
        let (target, why) = (cell(&action.target), cell(&action.description));
        writeln!(text, "| {} | `{target}` | {why} |", action.matched)?;
    }
    if notes.is_empty() {
        return writeln!(text, "\nSelecting and lowering dropped nothing.");
    }
    writeln!(text, "\n## Selecting and lowering\n")?;
    for note in notes {
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

/// Text that stays within its cell of a table.
fn cell(text: &str) -> String {
    line(text).replace('|', "\\|")
}

fn line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
