//! Writes rows as one document in the format of `--format`, such as a JSON array.

use std::io::{self, Write};

use super::cell::Cell;
use super::table::Table;
use super::text::Look;
use crate::options::Format;
use crate::style::{escape_control, escape_lines, quoted};

/// A document of rows in one format.
pub(super) struct Document {
    format: Format,
    names: Vec<&'static str>,
    table: Table,
    pub(super) is_terminal: bool,
    has_rows: bool,
}

impl Document {
    pub(super) fn new(format: Format, names: Vec<&'static str>, look: Look) -> Self {
        Self {
            format,
            table: Table::new(&names, look),
            is_terminal: look.is_terminal,
            names,
            has_rows: false,
        }
    }

    /// Adds a row. A table keeps its rows until the next flush.
    pub(super) fn row(&mut self, out: &mut dyn Write, cells: &[&Cell]) -> io::Result<()> {
        let is_first = !std::mem::replace(&mut self.has_rows, true);
        let plain = || cells.iter().map(|cell| cell.plain());
        match self.format {
            Format::Table | Format::Markdown => self.table.add(cells),
            // One tab-separated line, for `cut`, `sort` and `wc -l`.
            Format::Plain => {
                let cells: Vec<String> = plain().map(|cell| escape_control(&cell)).collect();
                writeln!(out, "{}", cells.join("\t"))?;
            }
            Format::Json => {
                out.write_all(if is_first { b"[\n  " } else { b",\n  " })?;
                self.object(out, cells)?;
            }
            Format::Jsonl => {
                self.object(out, cells)?;
                writeln!(out)?;
            }
            Format::Csv => {
                if is_first {
                    record(out, &self.names)?;
                }
                if self.is_terminal {
                    record(out, plain().map(|cell| escape_lines(&cell)))?;
                } else {
                    record(out, plain())?;
                }
            }
            Format::Yaml => {
                for (at, (name, cell)) in self.names.iter().zip(cells).enumerate() {
                    let lead = if at == 0 { "- " } else { "  " };
                    writeln!(out, "{lead}{name}: {}", value(cell))?;
                }
            }
        }
        Ok(())
    }

    /// Writes the rows of a table.
    pub(super) fn flush(&mut self, out: &mut dyn Write) -> io::Result<()> {
        self.table.flush(out)
    }

    /// Writes the end of the document.
    pub(super) fn finish(&mut self, out: &mut dyn Write) -> io::Result<()> {
        match (self.format, self.has_rows) {
            (Format::Json, true) => out.write_all(b"\n]\n"),
            (Format::Json | Format::Yaml, false) => out.write_all(b"[]\n"),
            (Format::Csv, false) => record(out, &self.names),
            _ => self.flush(out),
        }
    }

    /// Writes a JSON object with the members in the order of the columns.
    fn object(&self, out: &mut dyn Write, cells: &[&Cell]) -> io::Result<()> {
        let cells = self.names.iter().zip(cells);
        let members = cells.map(|(name, cell)| format!("\"{name}\":{}", value(cell)));
        write!(out, "{{{}}}", members.collect::<Vec<_>>().join(","))
    }
}

/// Returns the value of a cell in JSON and YAML. Strings are quoted, because plain `no`, `1e3` and `2024-01-01` are no
/// strings in YAML.
fn value(cell: &Cell) -> String {
    match cell {
        Cell::Null => "null".to_owned(),
        cell => quoted(&cell.plain()),
    }
}

/// Writes a line of CSV as defined in RFC 4180.
fn record<T: AsRef<[u8]>>(
    out: &mut dyn Write,
    fields: impl IntoIterator<Item = T>,
) -> io::Result<()> {
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(fields)?;
    writer.flush()
}
