//! The formats of data and of errors.

use std::io::{self, IsTerminal as _};

use clap::ValueEnum;
use serde::Deserialize;

/// A format of data on standard output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Format {
    /// Aligned columns under a header; the default on a terminal
    Table,
    /// One row per line, tab-separated, without a header; the default in a pipe
    Plain,
    /// One array of objects
    Json,
    /// One object per line
    Jsonl,
    /// Comma-separated values with a header
    Csv,
    /// One sequence of mappings
    Yaml,
    /// A diff in Markdown, only for plans
    Markdown,
}

impl Format {
    /// The default format of standard output.
    pub(crate) fn of_stdout() -> Self {
        if io::stdout().is_terminal() {
            Self::Table
        } else {
            Self::Plain
        }
    }
}

/// A format of errors on standard error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ErrorFormat {
    /// The message and the remedy
    Text,
    /// One object on one line
    Json,
}
