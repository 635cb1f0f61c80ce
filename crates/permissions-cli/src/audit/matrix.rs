//! The matrix on a terminal: one row per checkpoint, one numbered column per project, and the projects below.

use anstyle::Style;
use permissions_ext::audit::DriftState;
use unicode_width::UnicodeWidthStr as _;

use super::findings::{Findings, Row};
use crate::names::Names;
use crate::output::{Text, fit, pad, shorten};
use crate::style::{CREATED, EXTRA, HEADING, MISSING};

const PLAIN: Style = Style::new();

/// Writes the matrix. If the terminal is too narrow, writes nothing and returns the width of the matrix.
pub(crate) fn write(
    findings: &Findings<'_>,
    names: &Names,
    out: &mut Text,
) -> std::io::Result<Option<usize>> {
    let number_width = findings.projects.len().to_string().len();
    let cells_width = findings.projects.len() * (number_width + 1);
    let checkpoints = findings.rows.iter();
    let widths = checkpoints.map(|row| row.checkpoint.as_str().width());
    let mut name_width = [widths.max().unwrap_or(0)];
    let needed = name_width[0] + 1 + cells_width;
    if let Some(width) = out.width().filter(|&width| width < needed) {
        fit(&mut name_width, width.saturating_sub(cells_width + 1));
        if name_width[0] + 1 + cells_width > width {
            return Ok(Some(needed));
        }
    }
    let [name_width] = name_width;
    if !findings.projects.is_empty() {
        let numbers = 1..=findings.projects.len();
        let numbers: String = numbers
            .map(|number| format!(" {number:>number_width$}"))
            .collect();
        out.parts(&[(format!("{} {numbers}", pad("", name_width)), HEADING)])?;
    }
    for row in &findings.rows {
        let name = pad(&shorten(row.checkpoint.as_str(), name_width), name_width);
        let mut parts = vec![(format!("{name} "), PLAIN)];
        parts.extend(cells(row, findings, number_width));
        out.parts(&parts)?;
    }
    if findings.projects.is_empty() {
        return Ok(None);
    }
    out.line("", PLAIN)?;
    for (at, project) in findings.projects.iter().enumerate() {
        let (number, project) = (at + 1, names.describe(project));
        out.line(&format!("{number:>number_width$}  {project}"), PLAIN)?;
    }
    if findings.is_compared {
        out.line("", PLAIN)?;
        out.parts(&[
            ("● access  ".to_owned(), PLAIN),
            ("▲ extra: not in the manifest  ".to_owned(), EXTRA),
            ("○ missing: only in the manifest  ".to_owned(), MISSING),
            ("· none".to_owned(), PLAIN),
        ])?;
    }
    Ok(None)
}

fn cells(row: &Row<'_>, findings: &Findings<'_>, width: usize) -> Vec<(String, Style)> {
    let Ok(found) = &row.findings else {
        return vec![(" not read".to_owned(), MISSING)];
    };
    let cell = |project| {
        let (symbol, style) = match found.get(project) {
            None => ('·', PLAIN),
            Some(finding) => match finding.state {
                Some(DriftState::Extra) => ('▲', EXTRA),
                Some(DriftState::Missing) => ('○', MISSING),
                _ => ('●', CREATED),
            },
        };
        (format!(" {symbol:>width$}"), style)
    };
    findings.projects.iter().map(cell).collect()
}
