//! Aligned columns under a header.
//!
//! Widths come from the first batch and grow with later ones, so that nothing waits for the last
//! page. The last column is never padded.

use std::io::{self, Write};

use anstyle::{Reset, Style};
use unicode_width::UnicodeWidthStr as _;

use super::cell::{Cell, harmless};
use super::{Look, Writer};

const GAP: &str = "  ";

pub(super) struct Table {
    look: Look,
    header: Option<Vec<String>>,
    widths: Vec<usize>,
    waiting: Vec<Vec<String>>,
}

impl Table {
    pub(super) fn new(names: Vec<&'static str>, look: Look) -> Self {
        let header: Vec<String> = names
            .iter()
            .map(|name| name.replace('_', " ").to_uppercase())
            .collect();
        Self {
            look,
            widths: header.iter().map(|title| title.width()).collect(),
            header: Some(header),
            waiting: Vec::new(),
        }
    }

    fn line(&self, out: &mut dyn Write, cells: &[String]) -> io::Result<()> {
        for (at, (cell, width)) in cells.iter().zip(&self.widths).enumerate() {
            if at > 0 {
                out.write_all(GAP.as_bytes())?;
            }
            out.write_all(cell.as_bytes())?;
            if at + 1 < cells.len() {
                let pad = width.saturating_sub(cell.width());
                write!(out, "{:pad$}", "")?;
            }
        }
        Ok(())
    }
}

impl Writer for Table {
    fn row(&mut self, _out: &mut dyn Write, cells: &[&Cell]) -> io::Result<()> {
        let cells: Vec<String> = cells
            .iter()
            .map(|cell| {
                harmless(&if self.look.local_time {
                    cell.local()
                } else {
                    cell.plain()
                })
            })
            .collect();
        for (width, cell) in self.widths.iter_mut().zip(&cells) {
            *width = (*width).max(cell.width());
        }
        self.waiting.push(cells);
        Ok(())
    }

    fn batch_end(&mut self, out: &mut dyn Write) -> io::Result<()> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        if let Some(header) = self.header.take() {
            if self.look.color {
                write!(out, "{}", Style::new().bold())?;
            }
            self.line(out, &header)?;
            if self.look.color {
                write!(out, "{Reset}")?;
            }
            out.write_all(b"\n")?;
        }
        for row in std::mem::take(&mut self.waiting) {
            self.line(out, &row)?;
            out.write_all(b"\n")?;
        }
        Ok(())
    }
}
