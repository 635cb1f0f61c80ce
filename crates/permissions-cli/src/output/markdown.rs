//! Markdown: one table.

use std::io::{self, Write};

use super::Writer;
use super::cell::Cell;
use crate::escape::escape_control;

pub(super) struct Markdown {
    names: Vec<&'static str>,
    has_header: bool,
}

impl Markdown {
    pub(super) fn new(names: Vec<&'static str>) -> Self {
        Self {
            names,
            has_header: false,
        }
    }

    fn header(&mut self, out: &mut dyn Write) -> io::Result<()> {
        if self.has_header {
            return Ok(());
        }
        self.has_header = true;
        writeln!(out, "| {} |", self.names.join(" | "))?;
        writeln!(out, "|{}", " --- |".repeat(self.names.len()))
    }
}

impl Writer for Markdown {
    fn row(&mut self, out: &mut dyn Write, cells: &[&Cell]) -> io::Result<()> {
        self.header(out)?;
        let cells: Vec<String> = cells.iter().map(|cell| code(&cell.plain())).collect();
        writeln!(out, "| {} |", cells.join(" | "))
    }

    fn finish(&mut self, out: &mut dyn Write) -> io::Result<()> {
        self.header(out)
    }
}

/// Formats text as inline code, so that Markdown does not interpret it.
fn code(text: &str) -> String {
    let text = escape_control(text).replace('|', "\\|");
    if text.is_empty() {
        return text;
    }
    let fence = if text.contains('`') { "``" } else { "`" };
    format!("{fence}{text}{fence}")
}
