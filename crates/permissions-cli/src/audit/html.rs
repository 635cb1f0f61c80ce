//! Renders an audit as one HTML file that contains its styles, script and data.
//!
//! The types in this file are the JSON that `page/data.js` reads.

use std::borrow::Cow;
use std::collections::HashMap;

use permissions_ext::audit::DriftState;
use permissions_ext::{CheckpointId, Error, PermissionId, ProjectId};
use serde::Serialize;

use super::findings::{Findings, Row};
use crate::manifest::Labels;
use crate::names::Names;
use crate::output::truncate;
use crate::style::escape_control;

const TEMPLATE: &str = include_str!("page/page.html");

/// Files that the template includes.
const PARTS: &[(&str, &str)] = &[
    ("theme.css", include_str!("page/theme.css")),
    ("layout.css", include_str!("page/layout.css")),
    ("matrix.css", include_str!("page/matrix.css")),
    ("cards.css", include_str!("page/cards.css")),
    ("print.css", include_str!("page/print.css")),
    ("dom.js", include_str!("page/dom.js")),
    ("ids.js", include_str!("page/ids.js")),
    ("data.js", include_str!("page/data.js")),
    ("filters.js", include_str!("page/filters.js")),
    ("view.js", include_str!("page/view.js")),
    ("details.js", include_str!("page/details.js")),
    ("header.js", include_str!("page/header.js")),
    ("matrix.js", include_str!("page/matrix.js")),
    ("keyboard.js", include_str!("page/keyboard.js")),
    ("cards.js", include_str!("page/cards.js")),
    ("csv.js", include_str!("page/csv.js")),
    ("print.js", include_str!("page/print.js")),
    ("main.js", include_str!("page/main.js")),
];

const TITLE: &str = "Who may use which checkpoint";

/// Maximum length, in characters, of the error message in the row of a checkpoint that could not be read. The tooltip
/// contains the whole error.
const MAX_SUMMARY: usize = 90;

/// Facts about the audit for the header of the page.
#[derive(Serialize)]
pub(crate) struct About<'a> {
    pub(crate) organization: Option<&'a str>,
    /// Base URL of the API, or the path of a local file.
    pub(crate) base_url: &'a str,
    /// Paths of the manifests that the audit was compared with, separated by commas.
    pub(crate) manifest: Option<String>,
    /// Seconds since 1970-01-01 UTC.
    pub(crate) created_at: i64,
}

#[derive(Serialize)]
struct Page<'a> {
    title: &'static str,
    #[serde(flatten)]
    about: &'a About<'a>,
    /// Name and version of the program.
    tool: &'static str,
    /// Whether the audit was compared with a manifest.
    compared: bool,
    projects: Vec<ProjectEntry<'a>>,
    checkpoints: Vec<CheckpointEntry<'a>>,
}

#[derive(Serialize)]
struct ProjectEntry<'a> {
    id: &'a ProjectId,
    label: Option<String>,
    archived: bool,
}

/// A checkpoint and its cells, grouped by state. Each project is an index into the list of projects.
#[derive(Serialize)]
struct CheckpointEntry<'a> {
    id: &'a CheckpointId,
    label: Option<&'a str>,
    /// Whether the manifest contains the checkpoint. `None` if there is no manifest to compare with.
    managed: Option<bool>,
    /// Why the checkpoint could not be read.
    error: Option<ErrorEntry>,
    access: Vec<Cell<'a>>,
    extra: Vec<Cell<'a>>,
    missing: Vec<usize>,
}

#[derive(Serialize)]
struct ErrorEntry {
    /// A short error message for the row of the checkpoint, on one line.
    summary: String,
    /// The whole error with its remedy.
    details: String,
}

/// Project, permission id and creation time in seconds. An array is shorter in JSON than an object, and an audit of
/// 500 × 500 has 250,000 cells.
type Cell<'a> = (usize, &'a PermissionId, i64);

/// Renders the page.
///
/// # Errors
///
/// Returns an error if serialization to JSON fails. No known input causes this.
pub(crate) fn render(
    about: &About<'_>,
    findings: &Findings<'_>,
    labels: &Labels,
    names: &Names,
) -> serde_json::Result<String> {
    let positions: HashMap<&ProjectId, usize> =
        findings.projects.iter().copied().zip(0..).collect();
    let rows = findings.rows.iter();
    let page = Page {
        title: TITLE,
        about,
        tool: concat!("permissions ", env!("CARGO_PKG_VERSION")),
        compared: findings.is_compared,
        checkpoints: rows.map(|row| entry(row, &positions, labels)).collect(),
        projects: findings
            .projects
            .iter()
            .map(|id| ProjectEntry {
                id,
                label: names
                    .label(id)
                    .or(labels.projects.get(*id).cloned())
                    .map(|label| escape_control(&label)),
                archived: names.is_archived(id),
            })
            .collect(),
    };
    // "</script>" in an id or error would end the element that contains the data.
    let data = serde_json::to_string(&page)?.replace('<', "\\u003c");
    Ok(fill(TEMPLATE, |name| match name {
        // The title of the browser tab contains the organization, so that several open audits can be told apart.
        "title" => Cow::Owned(escape(&match about.organization {
            Some(organization) => format!("{TITLE} ({organization})"),
            None => TITLE.to_owned(),
        })),
        "data" => Cow::Borrowed(&data),
        part => {
            let file = PARTS.iter().find(|(name, _)| *name == part);
            Cow::Borrowed(file.map_or("", |(_, text)| text))
        }
    }))
}

/// Replaces each placeholder `/*{name}*/` in a template. Placeholders in the inserted text are not replaced.
fn fill<'a>(template: &str, text: impl Fn(&str) -> Cow<'a, str>) -> String {
    let mut filled = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("/*{") {
        let Some((name, behind)) = after.split_once("}*/") else {
            break;
        };
        filled.push_str(before);
        filled.push_str(&text(name));
        rest = behind;
    }
    filled.push_str(rest);
    filled
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

fn entry<'a>(
    row: &Row<'a>,
    positions: &HashMap<&ProjectId, usize>,
    labels: &'a Labels,
) -> CheckpointEntry<'a> {
    let id = row.checkpoint;
    let mut entry = CheckpointEntry {
        id,
        label: labels.checkpoints.get(id).map(String::as_str),
        managed: row.is_managed,
        error: row.findings.as_ref().err().map(|error| error_entry(error)),
        access: Vec::new(),
        extra: Vec::new(),
        missing: Vec::new(),
    };
    for (project, finding) in row.findings.iter().flatten() {
        let at = positions.get(project).copied().unwrap_or_default();
        match finding.permission {
            None => entry.missing.push(at),
            Some(permission) => {
                let is_extra = finding.state == Some(DriftState::Extra);
                let cells = if is_extra {
                    &mut entry.extra
                } else {
                    &mut entry.access
                };
                cells.push((at, &permission.id, permission.created_at));
            }
        }
    }
    entry
}

fn error_entry(error: &Error) -> ErrorEntry {
    let reason = error
        .message()
        .map_or_else(|| error.kind().to_string(), str::to_owned);
    let summary = match error.status() {
        Some(status) => format!("{status}, {reason}"),
        None => reason,
    };
    let details = match error.remedy() {
        Some(remedy) => format!("{error}. To fix it: {remedy}."),
        None => error.to_string(),
    };
    ErrorEntry {
        summary: truncate(&summary, MAX_SUMMARY),
        details,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn template_includes_every_part_once() {
        for (name, _) in PARTS {
            let placeholder = format!("/*{{{name}}}*/");
            assert_eq!(TEMPLATE.matches(&placeholder).count(), 1, "{name}");
        }
        assert_eq!(TEMPLATE.matches("/*{").count(), PARTS.len() + 2);
    }

    #[test]
    fn placeholder_in_inserted_text_is_not_replaced() {
        let filled = fill("<a>/*{data}*/</a>/*{title}*/", |name| match name {
            "data" => Cow::Borrowed("/*{title}*/"),
            _ => Cow::Borrowed("T"),
        });

        assert_eq!(filled, "<a>/*{title}*/</a>T");
    }

    #[test]
    fn long_summary_is_truncated() {
        let text = truncate(&"é".repeat(200), MAX_SUMMARY);

        assert_eq!(text.chars().count(), MAX_SUMMARY);
        assert!(text.ends_with('…'));
    }
}
