//! Aligned columns under a header.
//!
//! The widths come from the first page and grow with later pages, so the first page is printed at once. On a terminal,
//! long cells are shortened in the middle, so that no row wraps.

use std::io::{self, Write};

use unicode_width::UnicodeWidthStr as _;

use super::cell::Cell;
use super::text::Look;
use super::width::{fit, pad, shorten};
use crate::style::{HEADING, escape_control, paint};

const GAP: &str = "  ";

/// Maximum width of a column. Without this limit, one long name of a project would widen every row, because the API may
/// accept names of any length.
const MAX_WIDTH: usize = 1_000;

pub(super) struct Table {
    look: Look,
    /// `None` after the header was written.
    header: Option<Vec<String>>,
    /// Widths of the widest cells so far.
    widths: Vec<usize>,
    pending: Vec<Vec<String>>,
}

impl Table {
    pub(super) fn new(names: &[&'static str], look: Look) -> Self {
        let title = |name: &&str| name.replace('_', " ").to_uppercase();
        let header: Vec<String> = names.iter().map(title).collect();
        Self {
            look,
            widths: header.iter().map(|title| title.width()).collect(),
            header: Some(header),
            pending: Vec::new(),
        }
    }

    /// The widths of the columns on this terminal.
    fn fitted(&self) -> Vec<usize> {
        let mut widths = self.widths.clone();
        if let Some(width) = self.look.width {
            let gaps = GAP.len() * widths.len().saturating_sub(1);
            fit(&mut widths, width.saturating_sub(gaps));
        }
        widths
    }

    fn line(cells: &[String], widths: &[usize]) -> String {
        let cells = cells.iter().zip(widths);
        let cells: Vec<String> = cells
            .map(|(cell, &width)| pad(&shorten(cell, width), width))
            .collect();
        cells.join(GAP).trim_end().to_owned()
    }

    /// Adds a row, which is printed at the next flush.
    pub(super) fn add(&mut self, cells: &[&Cell]) {
        let local = self.look.is_terminal;
        let text = |cell: &&Cell| escape_control(&if local { cell.local() } else { cell.plain() });
        let cells: Vec<String> = cells.iter().map(text).collect();
        for (width, cell) in self.widths.iter_mut().zip(&cells) {
            *width = (*width).max(cell.width()).min(MAX_WIDTH);
        }
        self.pending.push(cells);
    }

    /// Writes the header and the pending rows.
    pub(super) fn flush(&mut self, out: &mut dyn Write) -> io::Result<()> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let widths = self.fitted();
        if let Some(header) = self.header.take() {
            let header = Self::line(&header, &widths);
            writeln!(out, "{}", paint(&header, HEADING, self.look.color))?;
        }
        for row in std::mem::take(&mut self.pending) {
            writeln!(out, "{}", Self::line(&row, &widths))?;
        }
        Ok(())
    }
}
