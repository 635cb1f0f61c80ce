//! Rows on standard output, in the chosen format or filtered with jq.

use std::io::Write;

use super::cell::Cell;
use super::document::Document;
use super::filter::Filter;
use super::text::Look;
use crate::failure::Failure;
use crate::options::Format;
use crate::style::escape_lines;

/// The columns of a command.
#[derive(Clone, Debug)]
pub(crate) struct Columns {
    /// All columns in order.
    pub(super) all: &'static [&'static str],
    /// Columns that tables leave out, because their values are the same in every row or are shown elsewhere.
    hidden: Vec<&'static str>,
    /// Columns that are left out of every format.
    removed: Vec<&'static str>,
}

impl Columns {
    pub(crate) fn new(all: &'static [&'static str]) -> Self {
        Self {
            all,
            hidden: Vec::new(),
            removed: Vec::new(),
        }
    }

    /// Leaves a column out of tables if the condition is true.
    pub(crate) fn hide(mut self, column: &'static str, condition: bool) -> Self {
        self.hidden.extend(condition.then_some(column));
        self
    }

    /// Leaves a column out of all formats if the condition is true.
    pub(crate) fn remove(mut self, column: &'static str, condition: bool) -> Self {
        self.removed.extend(condition.then_some(column));
        self
    }
}

/// The output options.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings<'a> {
    pub(crate) format: Format,
    /// Names of the columns to print, in this order. Empty for all.
    pub(crate) columns: &'a [String],
    /// The filter of `--jq`.
    pub(crate) jq: Option<&'a str>,
    /// The filter of `--jq-rows`.
    pub(crate) jq_rows: Option<&'a str>,
}

/// Writes rows.
pub(crate) struct Output {
    out: Box<dyn Write>,
    document: Document,
    /// All columns of the command.
    columns: &'static [&'static str],
    /// Positions of the columns to print.
    chosen: Vec<usize>,
    filter: Option<Filter>,
    /// The input of the filter.
    json: Vec<u8>,
}

impl Output {
    pub(crate) fn new(
        out: Box<dyn Write>,
        settings: Settings<'_>,
        look: Look,
        columns: Columns,
    ) -> Result<Self, Failure> {
        let (format, filter) = match (settings.jq, settings.jq_rows) {
            (Some(code), _) => (Format::Json, Some(Filter::parse("--jq", code)?)),
            (None, Some(code)) => (Format::Jsonl, Some(Filter::parse("--jq-rows", code)?)),
            (None, None) => (settings.format, None),
        };
        if format == Format::Markdown {
            let message = "--format markdown works with plan, apply --dry-run and show";
            return Err(Failure::usage(message)
                .remedy("for other commands, use another format, such as --format csv"));
        }
        let chosen = choose(settings.columns, format, &columns)?;
        let names = chosen.iter().map(|&at| columns.all[at]).collect();
        Ok(Self {
            out,
            document: Document::new(format, names, look),
            columns: columns.all,
            chosen,
            filter,
            json: Vec::new(),
        })
    }

    /// Returns the position of a column of the command.
    pub(super) fn position(&self, column: &str) -> Option<usize> {
        self.columns.iter().position(|name| *name == column)
    }

    /// Writes a row with one cell for each column of the command.
    pub(crate) fn row(&mut self, cells: &[Cell]) -> Result<(), Failure> {
        let cells: Vec<&Cell> = self.chosen.iter().filter_map(|&at| cells.get(at)).collect();
        match &self.filter {
            None => Ok(self.document.row(&mut self.out, &cells)?),
            Some(filter) => {
                self.document.row(&mut self.json, &cells)?;
                if filter.option == "--jq-rows" {
                    self.write_filtered()?;
                }
                Ok(())
            }
        }
    }

    /// Flushes the rows that were written.
    pub(crate) fn flush(&mut self) -> Result<(), Failure> {
        self.document.flush(&mut self.out)?;
        Ok(self.out.flush()?)
    }

    /// Writes the end of the document. After a list that failed, this is not called: the JSON array stays
    /// open, so that no program takes the list for complete.
    pub(crate) fn finish(mut self) -> Result<(), Failure> {
        if self.filter.is_some() {
            self.document.finish(&mut self.json)?;
            self.write_filtered()?;
        } else {
            self.document.finish(&mut self.out)?;
        }
        Ok(self.out.flush()?)
    }

    /// Runs the filter on the JSON so far.
    fn write_filtered(&mut self) -> Result<(), Failure> {
        let json = std::mem::take(&mut self.json);
        if let Some(filter) = self.filter.as_ref().filter(|_| !json.is_empty()) {
            for mut line in filter.run(&json)? {
                if self.document.is_terminal {
                    line = escape_lines(&line);
                }
                writeln!(self.out, "{line}")?;
            }
        }
        Ok(())
    }
}

/// Returns the positions of the columns to print.
fn choose(names: &[String], format: Format, columns: &Columns) -> Result<Vec<usize>, Failure> {
    let all = columns.all.iter().zip(0..);
    let all = all.filter(|(name, _)| !columns.removed.contains(name));
    if names.is_empty() {
        let is_shown = |name| format != Format::Table || !columns.hidden.contains(name);
        let shown = all.filter(|(name, _)| is_shown(name));
        return Ok(shown.map(|(_, at)| at).collect());
    }
    let known: Vec<(&&str, usize)> = all.collect();
    let position = |name: &String| {
        let found = known.iter().find(|(known, _)| *known == name);
        found.map(|(_, at)| *at).ok_or_else(|| {
            let known: Vec<&str> = known.iter().map(|(name, _)| **name).collect();
            Failure::usage(format!("unknown column {name:?} in --columns"))
                .remedy(format!("use one or more of {}", known.join(",")))
        })
    };
    names.iter().map(position).collect()
}
