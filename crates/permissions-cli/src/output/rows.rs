//! Rows in the chosen format.

use std::io::Write;

use super::cell::Cell;
use super::error::Error;
use super::filter::Filter;
use super::writer::{Look, Writer};
use super::{csv, json, plain, table, yaml};
use crate::format::Format;

/// The columns of a command.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Columns {
    /// All columns in order, as programs get them.
    pub(crate) all: &'static [&'static str],
    /// A column that tables leave out, because its value is the same in every row or is shown elsewhere.
    pub(crate) hidden: Option<&'static str>,
}

/// A jq filter of an option.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Jq<'a> {
    /// `--jq`
    Document(&'a str),
    /// `--jq-rows`
    Rows(&'a str),
}

/// The output options.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings<'a> {
    pub(crate) format: Format,
    /// Names of the columns to print, in this order. Empty for all.
    pub(crate) columns: &'a [String],
    pub(crate) jq: Option<Jq<'a>>,
}

/// Whether rows are printed, or filtered with jq.
enum Mode {
    Format,
    FilterRows(Filter),
    /// The JSON document so far.
    FilterDocument(Filter, Vec<u8>),
}

/// Writes rows in the chosen format.
pub(crate) struct Output {
    out: Box<dyn Write>,
    writer: Box<dyn Writer>,
    /// Positions of the columns to print.
    chosen: Vec<usize>,
    mode: Mode,
}

impl Output {
    pub(crate) fn new(
        out: Box<dyn Write>,
        settings: Settings<'_>,
        look: Look,
        columns: Columns,
    ) -> Result<Self, Error> {
        let (format, mode) = match settings.jq {
            None => (settings.format, Mode::Format),
            Some(Jq::Rows(code)) => (Format::Jsonl, Mode::FilterRows(parse("--jq-rows", code)?)),
            Some(Jq::Document(code)) => {
                let filter = parse("--jq", code)?;
                (Format::Json, Mode::FilterDocument(filter, Vec::new()))
            }
        };
        let chosen = choose(settings.columns, format, columns)?;
        let names: Vec<&'static str> = chosen.iter().map(|&at| columns.all[at]).collect();
        let writer: Box<dyn Writer> = match format {
            Format::Table => Box::new(table::Table::new(&names, look)),
            Format::Plain => Box::new(plain::Plain),
            Format::Json => Box::new(json::Json::new(names, true)),
            Format::Jsonl => Box::new(json::Json::new(names, false)),
            Format::Csv => Box::new(csv::Csv::new(names)),
            Format::Yaml => Box::new(yaml::Yaml::new(names)),
            Format::Markdown => {
                return Err(Error::Usage {
                    message: "--format markdown works with plan, apply --dry-run and show"
                        .to_owned(),
                    remedy: "use csv for tables".to_owned(),
                });
            }
        };
        Ok(Self {
            out,
            writer,
            chosen,
            mode,
        })
    }

    /// Writes a row with one cell for each column of the command.
    pub(crate) fn row(&mut self, cells: &[Cell]) -> Result<(), Error> {
        let cells: Vec<&Cell> = self.chosen.iter().filter_map(|&at| cells.get(at)).collect();
        match &mut self.mode {
            Mode::Format => Ok(self.writer.row(&mut self.out, &cells)?),
            Mode::FilterDocument(_, document) => Ok(self.writer.row(document, &cells)?),
            Mode::FilterRows(filter) => {
                let mut row = Vec::new();
                self.writer.row(&mut row, &cells)?;
                filtered(&mut self.out, "--jq-rows", filter, &row)
            }
        }
    }

    /// Makes the rows so far visible.
    pub(crate) fn flush(&mut self) -> Result<(), Error> {
        self.writer.flush(&mut self.out)?;
        Ok(self.out.flush()?)
    }

    /// Writes the end of the document. A list that failed does not call this: its JSON array stays open, so that no
    /// program takes it for a complete list.
    pub(crate) fn finish(mut self) -> Result<(), Error> {
        match &mut self.mode {
            Mode::FilterDocument(filter, document) => {
                self.writer.finish(document)?;
                filtered(&mut self.out, "--jq", filter, document)?;
            }
            Mode::Format | Mode::FilterRows(_) => {
                self.writer.flush(&mut self.out)?;
                self.writer.finish(&mut self.out)?;
            }
        }
        Ok(self.out.flush()?)
    }
}

fn parse(option: &str, code: &str) -> Result<Filter, Error> {
    Filter::parse(code).map_err(|reason| Error::Usage {
        message: format!("invalid filter in {option}: {reason}"),
        remedy: format!("write a jq filter, such as {option} '.[]'"),
    })
}

fn filtered(out: &mut dyn Write, option: &str, filter: &Filter, json: &[u8]) -> Result<(), Error> {
    let lines = filter.run(json).map_err(|reason| Error::Usage {
        message: format!("the filter of {option} failed: {reason}"),
        remedy: "--jq gets the array of all rows, as in 'map(.id)'; --jq-rows gets each row"
            .to_owned(),
    })?;
    for line in lines {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

/// Returns the positions of the columns to print.
fn choose(names: &[String], format: Format, columns: Columns) -> Result<Vec<usize>, Error> {
    if names.is_empty() {
        let is_shown =
            |at: &usize| format != Format::Table || columns.hidden != Some(columns.all[*at]);
        return Ok((0..columns.all.len()).filter(is_shown).collect());
    }
    let position = |name: &String| {
        let found = columns.all.iter().position(|known| known == name);
        found.ok_or_else(|| Error::Usage {
            message: format!("unknown column {name:?} in --columns"),
            remedy: format!("use some of {}", columns.all.join(",")),
        })
    };
    names.iter().map(position).collect()
}
