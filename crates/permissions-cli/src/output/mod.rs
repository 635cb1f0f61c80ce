//! Data on standard output: rows of named values, written as they come.
//!
//! A [`Writer`] a format; [`Output`] chooses one, keeps the columns and flushes at each end of a
//! batch, so that the first page of a long list is seen before the second is asked for.

mod cell;
mod csv;
mod json;
mod plain;
mod table;
mod text;

use std::io::{self, BufWriter, IsTerminal as _, Write};

pub(crate) use cell::{Cell, harmless};
use clap::ValueEnum;
pub(crate) use text::Text;

/// How data is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Aligned columns under a header
    Table,
    /// One line a row, separated by tabs, no header: what a pipe gets
    Plain,
    /// One array of objects
    Json,
    /// One object a line
    Jsonl,
    /// Comma-separated values with a header
    Csv,
}

impl Format {
    /// The one that suits standard output.
    pub(crate) fn fitting() -> Self {
        if io::stdout().is_terminal() {
            Self::Table
        } else {
            Self::Plain
        }
    }
}

/// When colour is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorChoice {
    /// On a terminal, unless NO_COLOR is set or TERM is dumb
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl ColorChoice {
    /// Whether to colour what goes to a place that is a terminal or is not.
    pub(crate) fn on(self, terminal: bool) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => {
                terminal
                    && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
                    && std::env::var_os("TERM").is_none_or(|value| value != "dumb")
            }
        }
    }
}

/// The columns that a command prints.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Columns {
    /// Every column, in order: what machines get.
    pub(crate) all: &'static [&'static str],
    /// A column that the table leaves out, as every row would say the same.
    pub(crate) constant: Option<&'static str>,
}

/// How a terminal, or its absence, shapes what is written.
#[derive(Clone, Copy, Debug)]
struct Look {
    color: bool,
    local_time: bool,
}

/// Writes one format.
trait Writer {
    /// Takes the next row; it may wait for the end of the batch.
    fn row(&mut self, out: &mut dyn Write, cells: &[&Cell]) -> io::Result<()>;

    /// Writes what waited.
    fn batch_end(&mut self, _out: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }

    /// Writes what closes the whole.
    fn finish(&mut self, _out: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
}

/// Where rows go.
pub(crate) struct Output {
    out: Box<dyn Write>,
    writer: Box<dyn Writer>,
    chosen: Vec<usize>,
}

impl Output {
    /// Standard output in `format`, or in the one that suits it.
    pub(crate) fn stdout(format: Option<Format>, color: ColorChoice, columns: Columns) -> Self {
        let stdout = io::stdout();
        let terminal = stdout.is_terminal();
        let format = format.unwrap_or_else(Format::fitting);
        let look = Look {
            color: color.on(terminal),
            local_time: terminal,
        };
        Self::new(Box::new(BufWriter::new(stdout)), format, look, columns)
    }

    fn new(out: Box<dyn Write>, format: Format, look: Look, columns: Columns) -> Self {
        let chosen: Vec<usize> = (0..columns.all.len())
            .filter(|&at| format != Format::Table || columns.constant != Some(columns.all[at]))
            .collect();
        let names: Vec<&'static str> = chosen.iter().map(|&at| columns.all[at]).collect();
        let writer: Box<dyn Writer> = match format {
            Format::Table => Box::new(table::Table::new(names, look)),
            Format::Plain => Box::new(plain::Plain),
            Format::Json => Box::new(json::Array::new(names)),
            Format::Jsonl => Box::new(json::Lines::new(names)),
            Format::Csv => Box::new(csv::Csv::new(names)),
        };
        Self {
            out,
            writer,
            chosen,
        }
    }

    /// Takes a row: one cell for each of the command's columns.
    pub(crate) fn row(&mut self, cells: &[Cell]) -> io::Result<()> {
        let cells: Vec<&Cell> = self.chosen.iter().filter_map(|&at| cells.get(at)).collect();
        self.writer.row(&mut self.out, &cells)
    }

    /// Shows the rows taken so far.
    pub(crate) fn batch_end(&mut self) -> io::Result<()> {
        self.writer.batch_end(&mut self.out)?;
        self.out.flush()
    }

    /// Closes what was written. Without it a JSON array stays open, so that a list cut short by
    /// an error is not read as a whole one.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        self.writer.batch_end(&mut self.out)?;
        self.writer.finish(&mut self.out)?;
        self.out.flush()
    }
}

#[cfg(test)]
mod tests;
