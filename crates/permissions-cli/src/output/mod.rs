//! Data on standard output: rows of named values, written as they come.
//!
//! A [`Writer`] a format; [`Output`] chooses one, keeps the columns and flushes at each end of a
//! batch, so that the first page of a long list is seen before the second is asked for.

mod cell;
mod changes;
mod csv;
mod filter;
mod json;
mod place;
mod plain;
mod table;
mod text;
mod yaml;

use std::io::{self, BufWriter, IsTerminal as _, Write};

pub(crate) use cell::{Cell, harmless};
pub(crate) use changes::Changes;
use clap::ValueEnum;
use filter::Filter;
pub(crate) use place::{is_discarded, is_lost};
pub(crate) use text::Text;

use crate::exit::Exit;
use crate::failure::Failure;

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
    /// One sequence of mappings
    Yaml,
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
    /// A column that the table leaves out: every row says the same, or it is told below the table.
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

/// What the options say about output.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings<'a> {
    pub(crate) format: Option<Format>,
    pub(crate) color: ColorChoice,
    /// Columns by name, in the order wanted; all that the format shows unless given.
    pub(crate) columns: &'a [String],
    /// A filter that each row goes through.
    pub(crate) jq: Option<&'a str>,
}

/// Where rows go.
pub(crate) struct Output {
    out: Box<dyn Write>,
    writer: Box<dyn Writer>,
    chosen: Vec<usize>,
    filter: Option<Filter>,
}

impl Output {
    /// Standard output as the settings say.
    pub(crate) fn stdout(settings: Settings<'_>, columns: Columns) -> Result<Self, Failure> {
        let stdout = io::stdout();
        let terminal = stdout.is_terminal();
        let look = Look {
            color: settings.color.on(terminal),
            local_time: terminal,
        };
        Self::new(Box::new(BufWriter::new(stdout)), settings, look, columns)
    }

    fn new(
        out: Box<dyn Write>,
        settings: Settings<'_>,
        look: Look,
        columns: Columns,
    ) -> Result<Self, Failure> {
        let filter = settings
            .jq
            .map(Filter::parse)
            .transpose()
            .map_err(|reason| {
                Failure::new(
                    Exit::Usage,
                    format!("the filter of --jq is wrong: {reason}"),
                )
            })?;
        let format = match &filter {
            // What the filter is given is the JSON of a row.
            Some(_) => Format::Jsonl,
            None => settings.format.unwrap_or_else(Format::fitting),
        };
        let chosen = chosen(settings.columns, format, columns)?;
        let names: Vec<&'static str> = chosen.iter().map(|&at| columns.all[at]).collect();
        let writer: Box<dyn Writer> = match format {
            Format::Table => Box::new(table::Table::new(names, look)),
            Format::Plain => Box::new(plain::Plain),
            Format::Json => Box::new(json::Array::new(names)),
            Format::Jsonl => Box::new(json::Lines::new(names)),
            Format::Csv => Box::new(csv::Csv::new(names)),
            Format::Yaml => Box::new(yaml::Yaml::new(names)),
        };
        Ok(Self {
            out,
            writer,
            chosen,
            filter,
        })
    }

    /// Takes a row: one cell for each of the command's columns.
    pub(crate) fn row(&mut self, cells: &[Cell]) -> Result<(), Failure> {
        let cells: Vec<&Cell> = self.chosen.iter().filter_map(|&at| cells.get(at)).collect();
        let Some(filter) = &self.filter else {
            return Ok(self.writer.row(&mut self.out, &cells)?);
        };
        let mut json = Vec::new();
        self.writer.row(&mut json, &cells)?;
        let lines = filter.run(&json).map_err(|reason| {
            Failure::new(Exit::Usage, format!("the filter of --jq failed: {reason}"))
        })?;
        for line in lines {
            writeln!(self.out, "{line}")?;
        }
        Ok(())
    }

    /// Shows the rows taken so far.
    pub(crate) fn batch_end(&mut self) -> Result<(), Failure> {
        self.writer.batch_end(&mut self.out)?;
        Ok(self.out.flush()?)
    }

    /// Closes what was written. Without it a JSON array stays open, so that a list cut short by
    /// an error is not read as a whole one.
    pub(crate) fn finish(mut self) -> Result<(), Failure> {
        self.writer.batch_end(&mut self.out)?;
        self.writer.finish(&mut self.out)?;
        Ok(self.out.flush()?)
    }
}

/// The places of the columns that are shown.
fn chosen(wanted: &[String], format: Format, columns: Columns) -> Result<Vec<usize>, Failure> {
    if wanted.is_empty() {
        let places = 0..columns.all.len();
        let shown =
            |&at: &usize| format != Format::Table || columns.constant != Some(columns.all[at]);
        return Ok(places.filter(shown).collect());
    }
    let place = |name: &String| {
        let known = columns.all.iter().position(|known| known == name);
        known.ok_or_else(|| {
            Failure::new(Exit::Usage, format!("there is no column {name:?}"))
                .remedy(format!("the columns are {}", columns.all.join(",")))
        })
    };
    wanted.iter().map(place).collect()
}

#[cfg(test)]
mod tests;
