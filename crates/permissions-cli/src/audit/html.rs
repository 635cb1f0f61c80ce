//! One page that shows an audit to people without a terminal, and needs nothing but itself.

use std::collections::HashMap;

use permissions_ext::ProjectId;
use serde::Serialize;

use super::{Findings, Row};
use crate::exit::Exit;
use crate::failure::Failure;

const TEMPLATE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// What the page's script reads.
#[derive(Serialize)]
struct Data<'a> {
    made: String,
    compared: bool,
    projects: Vec<&'a ProjectId>,
    rows: Vec<DataRow<'a>>,
}

#[derive(Serialize)]
struct DataRow<'a> {
    checkpoint: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
    /// The place among the projects, the state, and since when.
    cells: Vec<(usize, &'static str, Option<i64>)>,
}

/// How every page starts.
pub(crate) const START: &str = "<!doctype html>";

/// The page.
pub(crate) fn page(findings: &Findings<'_>) -> Result<String, Failure> {
    let projects = findings.projects().iter().copied();
    let places: HashMap<&ProjectId, usize> = projects.clone().zip(0..).collect();
    let data = Data {
        made: jiff::Timestamp::now()
            .strftime("%Y-%m-%dT%H:%M:%SZ")
            .to_string(),
        compared: findings.compared(),
        projects: projects.collect(),
        rows: findings
            .checkpoints()
            .iter()
            .map(|row| data_row(row, &places))
            .collect(),
    };
    let data = serde_json::to_string(&data).map_err(|error| {
        Failure::new(Exit::Failure, format!("failed to make the page: {error}"))
    })?;
    // Within a script element nothing but the end tag and a comment could do harm.
    let data = data.replace('<', "\\u003c");
    Ok(TEMPLATE
        .replace("/*STYLE*/", STYLE)
        .replace("/*SCRIPT*/", SCRIPT)
        .replace("/*DATA*/", &data))
}

fn data_row<'a>(row: &'a Row<'_>, places: &HashMap<&ProjectId, usize>) -> DataRow<'a> {
    let findings = row.findings.iter().flatten();
    let cells = findings.filter_map(|(project, finding)| {
        let since = finding.permission.map(|permission| permission.created_at);
        Some((*places.get(project)?, finding.state.name(), since))
    });
    DataRow {
        checkpoint: row.checkpoint.as_str(),
        error: row.error.as_deref(),
        cells: cells.collect(),
    }
}
