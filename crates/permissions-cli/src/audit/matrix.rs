//! The matrix on a terminal: a row a checkpoint, a numbered column a project, the names below.

use std::io;

use unicode_width::UnicodeWidthStr as _;

use super::{Findings, State};
use crate::output::Text;

/// Writes the matrix with its legend.
pub(crate) fn write(findings: &Findings<'_>, out: &mut Text) -> io::Result<()> {
    let projects: Vec<_> = findings.projects().iter().copied().collect();
    let names = findings
        .checkpoints()
        .iter()
        .map(|row| row.checkpoint.as_str().width());
    let name_width = names.max().unwrap_or(0);
    let width = projects.len().to_string().len();
    if !projects.is_empty() {
        let numbers: Vec<String> = (1..=projects.len())
            .map(|n| format!("{n:>width$}"))
            .collect();
        out.bold(&format!("{:name_width$}  {}", "", numbers.join(" ")))?;
    }
    for row in findings.checkpoints() {
        let pad = name_width - row.checkpoint.as_str().width();
        let line = match &row.findings {
            None => "could not be read".to_owned(),
            Some(found) => {
                let sign = |project| {
                    found
                        .get(project)
                        .map_or('·', |finding| sign(finding.state))
                };
                let signs = projects
                    .iter()
                    .map(|project| format!("{:>width$}", sign(project)));
                signs.collect::<Vec<_>>().join(" ")
            }
        };
        out.line(format!("{}{:pad$}  {line}", row.checkpoint, "").trim_end())?;
    }
    if projects.is_empty() {
        return Ok(());
    }
    out.line("")?;
    for (at, project) in projects.iter().enumerate() {
        out.line(&format!("{:>width$}  {project}", at + 1))?;
    }
    legend(findings, out)
}

fn legend(findings: &Findings<'_>, out: &mut Text) -> io::Result<()> {
    if findings.compared() {
        out.line("")?;
        out.line("● access  + access that is not wanted  - access that is missing  · none")?;
    }
    Ok(())
}

fn sign(state: State) -> char {
    match state {
        State::Live => '●',
        State::Unexpected => '+',
        State::Missing => '-',
    }
}
