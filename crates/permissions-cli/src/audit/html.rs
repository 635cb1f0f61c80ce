//! Renders an audit as one HTML file that contains its styles, script and data.
//!
//! The types in this file are the JSON that `page/data.js` reads.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use permissions_ext::audit::{CheckpointDrift, Drift, Report};
use permissions_ext::{CheckpointId, Error, Permission, PermissionId, ProjectId};
use serde::Serialize;

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

const DEFAULT_TITLE: &str = "Who may use which checkpoint";

/// Length limit of the message in the row of an unread checkpoint, in characters. Its tooltip has the whole error.
const MAX_SUMMARY: usize = 90;

/// Facts about the audit for the header of the page.
#[derive(Debug, Default)]
pub(crate) struct About<'a> {
    /// Replaces the default title.
    pub(crate) title: Option<&'a str>,
    pub(crate) organization: Option<&'a str>,
    /// Base URL of the API, or the path of a local file.
    pub(crate) base_url: &'a str,
    /// Manifest that the audit was compared with, as the user wrote its name.
    pub(crate) manifest: Option<String>,
    /// Seconds since 1970-01-01 UTC.
    pub(crate) created_at: i64,
    pub(crate) labels: Labels,
}

/// Labels that the page shows next to ids.
#[derive(Debug, Default)]
pub(crate) struct Labels {
    pub(crate) checkpoints: BTreeMap<CheckpointId, String>,
    pub(crate) projects: BTreeMap<ProjectId, Label>,
}

/// Label of a project: its name, or the comment in the manifest.
#[derive(Debug, Default)]
pub(crate) struct Label {
    pub(crate) text: String,
    /// Whether the project is archived. The page marks archived projects.
    pub(crate) archived: bool,
}

#[derive(Serialize)]
struct Page<'a> {
    title: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    organization: Option<&'a str>,
    base_url: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    manifest: Option<&'a str>,
    /// Name and version of the program.
    tool: &'static str,
    created_at: i64,
    /// Whether the audit was compared with a manifest.
    compared: bool,
    projects: Vec<ProjectEntry<'a>>,
    checkpoints: Vec<CheckpointEntry<'a>>,
}

#[derive(Serialize)]
struct ProjectEntry<'a> {
    id: &'a ProjectId,
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<&'a str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    archived: bool,
}

#[derive(Serialize)]
struct CheckpointEntry<'a> {
    id: &'a CheckpointId,
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<&'a str>,
    /// Whether the manifest contains the checkpoint; absent without a comparison.
    #[serde(skip_serializing_if = "Option::is_none")]
    managed: Option<bool>,
    #[serde(flatten)]
    result: CheckpointResult<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum CheckpointResult<'a> {
    Unread { error: ErrorEntry },
    Read(Cells<'a>),
}

#[derive(Serialize)]
struct ErrorEntry {
    /// One short line for the row of the checkpoint.
    summary: String,
    /// The whole error with its remedy.
    details: String,
}

/// Cells of a checkpoint by state. Projects are positions in the list of projects.
#[derive(Default, Serialize)]
struct Cells<'a> {
    access: Vec<Cell<'a>>,
    extra: Vec<Cell<'a>>,
    missing: Vec<usize>,
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
    report: &Report,
    drift: Option<&Drift>,
) -> serde_json::Result<String> {
    let page = page(about, report, drift);
    // "</script>" in an id or error would end the element that contains the data.
    let data = serde_json::to_string(&page)?.replace('<', "\\u003c");
    Ok(fill(TEMPLATE, |name| match name {
        "title" => Cow::Owned(escape(&document_title(about))),
        "data" => Cow::Borrowed(&data),
        part => {
            let file = PARTS.iter().find(|(name, _)| *name == part);
            Cow::Borrowed(file.map_or("", |(_, text)| text))
        }
    }))
}

/// Replaces each `/*{name}*/` of a template. Replacements are not searched for further names.
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

/// Returns the title for the browser's tab, where the organization distinguishes several audits.
fn document_title(about: &About<'_>) -> String {
    let title = about.title.unwrap_or(DEFAULT_TITLE);
    match about.organization {
        Some(organization) => format!("{title} ({organization})"),
        None => title.to_owned(),
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

fn page<'a>(about: &'a About<'_>, report: &'a Report, drift: Option<&'a Drift>) -> Page<'a> {
    let projects = projects(report, drift);
    let positions: HashMap<&ProjectId, usize> = projects.iter().copied().zip(0..).collect();
    let drifts: HashMap<&CheckpointId, &CheckpointDrift> = drift
        .iter()
        .flat_map(|drift| &drift.checkpoints)
        .map(|drift| (&drift.checkpoint, drift))
        .collect();
    let unmanaged: HashSet<&CheckpointId> =
        drift.iter().flat_map(|drift| &drift.unmanaged).collect();
    let checkpoints = report.results().iter().map(|audited| {
        let id = &audited.checkpoint;
        CheckpointEntry {
            id,
            label: about.labels.checkpoints.get(id).map(String::as_str),
            managed: drift.map(|_| !unmanaged.contains(id)),
            result: match &audited.result {
                Err(error) => CheckpointResult::Unread {
                    error: error_entry(error),
                },
                Ok(live) => {
                    CheckpointResult::Read(cells(live, drifts.get(id).copied(), &positions))
                }
            },
        }
    });
    Page {
        title: about.title.unwrap_or(DEFAULT_TITLE),
        organization: about.organization,
        base_url: about.base_url,
        manifest: about.manifest.as_deref(),
        tool: concat!("permissions ", env!("CARGO_PKG_VERSION")),
        created_at: about.created_at,
        compared: drift.is_some(),
        checkpoints: checkpoints.collect(),
        projects: projects
            .into_iter()
            .map(|id| project_entry(id, &about.labels))
            .collect(),
    }
}

/// Returns all projects that have or should have access to a checkpoint, in the order of their ids.
fn projects<'a>(report: &'a Report, drift: Option<&'a Drift>) -> BTreeSet<&'a ProjectId> {
    let live = report
        .results()
        .iter()
        .flat_map(|audited| audited.result.iter().flatten());
    let missing = drift
        .iter()
        .flat_map(|drift| &drift.checkpoints)
        .flat_map(|checkpoint| &checkpoint.missing);
    live.map(|permission| &permission.project_id)
        .chain(missing)
        .collect()
}

fn project_entry<'a>(id: &'a ProjectId, labels: &'a Labels) -> ProjectEntry<'a> {
    let label = labels.projects.get(id);
    ProjectEntry {
        id,
        label: label.map(|label| label.text.as_str()),
        archived: label.is_some_and(|label| label.archived),
    }
}

/// Sorts the permissions of a checkpoint by state. Without a comparison all of them are "access".
fn cells<'a>(
    live: &'a [Permission],
    drift: Option<&'a CheckpointDrift>,
    positions: &HashMap<&ProjectId, usize>,
) -> Cells<'a> {
    let list = |permissions: &'a [Permission]| {
        let cell = |permission: &'a Permission| {
            let position = positions.get(&permission.project_id)?;
            Some((*position, &permission.id, permission.created_at))
        };
        permissions.iter().filter_map(cell).collect()
    };
    match drift {
        None => Cells {
            access: list(live),
            ..Cells::default()
        },
        Some(drift) => Cells {
            access: list(&drift.unchanged),
            extra: list(&drift.extra),
            missing: drift
                .missing
                .iter()
                .filter_map(|project| positions.get(project).copied())
                .collect(),
        },
    }
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
        summary: truncate(&summary),
        details,
    }
}

fn truncate(text: &str) -> String {
    if text.chars().count() <= MAX_SUMMARY {
        return text.to_owned();
    }
    let kept: String = text.chars().take(MAX_SUMMARY - 1).collect();
    format!("{}…", kept.trim_end())
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
    fn replacement_with_placeholder_stays_unchanged() {
        let filled = fill("<a>/*{data}*/</a>/*{title}*/", |name| match name {
            "data" => Cow::Borrowed("/*{title}*/"),
            _ => Cow::Borrowed("T"),
        });

        assert_eq!(filled, "<a>/*{title}*/</a>T");
    }

    #[test]
    fn long_summary_is_truncated() {
        let text = truncate(&"é".repeat(200));

        assert_eq!(text.chars().count(), MAX_SUMMARY);
        assert!(text.ends_with('…'));
    }
}
