//! Formats a report as the text of a pull request.

use super::{Change, Grade, Operations, Pins, Pipeline, Report, SurfaceDiff};
use crate::lock::Lock;

/// Returns the report in Markdown.
pub(super) fn write(report: &Report) -> String {
    let mut text = match report.verdict {
        Some(grade) => format!("# The specification changed: {grade}\n"),
        None => "# The specification did not change for users\n".to_owned(),
    };
    text.extend(report.pins.as_ref().map(pins));
    if report.verdict.is_some() {
        text += &operations(&report.changes, &report.operations);
        text += &changes(&report.changes);
        text += &surface(&report.surface);
    }
    text.extend(report.pipeline.as_ref().map(pipeline));
    text
}

fn pins(Pins { from, to }: &Pins) -> String {
    let Some(from) = from else {
        return format!("\nGenerated from {}.\n", pin(to));
    };
    if pin(from) == pin(to) && from.sha256 == to.sha256 && from.generator == to.generator {
        return format!("\nThe pin is unchanged: {}.\n", pin(to));
    }
    let digest = |lock: &Lock| format!("`{}…`", lock.sha256.get(..12).unwrap_or(&lock.sha256));
    let rows = [
        ("pin", pin(from), pin(to)),
        ("sha256", digest(from), digest(to)),
        ("bytes", from.bytes.to_string(), to.bytes.to_string()),
        ("OpenAPI", from.openapi.clone(), to.openapi.clone()),
        ("generator", from.generator.clone(), to.generator.clone()),
    ];
    let rows = rows.map(|(name, from, to)| format!("| {name} | {from} | {to} |\n"));
    format!("\n| | from | to |\n| --- | --- | --- |\n{}", rows.concat())
}

fn pin(lock: &Lock) -> String {
    match (&lock.repository, &lock.commit) {
        (Some(repository), Some(commit)) => format!("`{repository}@{commit}:{}`", lock.path()),
        _ => format!("`{}`, a local file", lock.file_name()),
    }
}

fn operations(changes: &[Change], operations: &Operations) -> String {
    let count = |grade| {
        changes
            .iter()
            .filter(|change| change.grade == grade)
            .count()
    };
    let [major, minor, patch] = [Grade::Major, Grade::Minor, Grade::Patch].map(count);
    let summary = format!("\n{major} major, {minor} minor and {patch} patch changes.\n");
    let lists = [
        ("removed", &operations.removed),
        ("changed", &operations.changed),
        ("added", &operations.added),
    ];
    let lines = lists.into_iter().flat_map(|(word, list)| {
        list.iter()
            .map(move |operation| format!("- {word}: `{operation}`\n"))
    });
    match lines.collect::<String>() {
        lines if lines.is_empty() => summary,
        lines => format!("{summary}\n## Operations\n\n{lines}"),
    }
}

fn changes(changes: &[Change]) -> String {
    if changes.is_empty() {
        return String::new();
    }
    let rows = changes.iter().map(|change| {
        let direction = change.direction.map(|direction| direction.to_string());
        format!(
            "| **{}** | {} | `{}` | {} | {} |\n",
            change.grade,
            direction.unwrap_or_default(),
            cell(&change.location),
            cell(&change.what),
            cell(&change.reason)
        )
    });
    format!(
        "\n## Changes\n\n| | direction | where | what | why |\n| --- | --- | --- | --- | --- |\n{}",
        rows.collect::<String>()
    )
}

fn surface(diff: &SurfaceDiff) -> String {
    if diff.grade().is_none() {
        return "\nThe public items of the generated crate are unchanged.\n".to_owned();
    }
    let mut text = "\n## Public items of the generated crate\n\n".to_owned();
    text.extend(
        diff.renamed
            .iter()
            .map(|line| format!("- renamed: `{line}`\n")),
    );
    let added = diff.added.iter().map(|line| (line, '+'));
    let mut lines: Vec<_> = diff.removed.iter().map(|line| (line, '-')).collect();
    lines.extend(added);
    if lines.is_empty() {
        return text;
    }
    // The old line of a changed item is above its new line.
    lines.sort_by_key(|(line, sign)| (*line, *sign == '+'));
    let lines = lines.iter().map(|(line, sign)| format!("{sign} {line}\n"));
    format!("{text}```diff\n{}```\n", lines.collect::<String>())
}

fn pipeline(pipeline: &Pipeline) -> String {
    let actions = &pipeline.overlay;
    let rows = actions.iter().map(|action| {
        let (target, why) = (cell(&action.target), cell(&action.description));
        format!("| {} | `{target}` | {why} |\n", action.matched)
    });
    let rows: String = rows.collect();
    let table = format!("| matches | target | why |\n| --- | --- | --- |\n{rows}");
    let overlay = match pipeline.overlay_changed {
        true => format!("\n## Overlay\n\n{table}"),
        false => format!(
            "\n<details>\n<summary>Overlay: {} actions, unchanged</summary>\n\n{table}\n</details>\n",
            actions.len()
        ),
    };
    let notes = pipeline.notes.iter();
    let notes =
        notes.map(|note| format!("- {}: {} (`{}`)\n", note.rule, line(&note.what), note.at));
    match notes.collect::<String>() {
        notes if notes.is_empty() => {
            format!("{overlay}\nThe select and lower stages reported no changes.\n")
        }
        notes => format!("{overlay}\n## Select and lower stages\n\n{notes}"),
    }
}

/// Escapes text for a cell of a table.
fn cell(text: &str) -> String {
    line(text).replace('|', "\\|")
}

fn line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
