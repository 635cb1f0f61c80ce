//! Arguments of a benchmark, after `--` on the command line of cargo.

use anyhow::Context as _;

/// The selected tables and the selected client.
#[derive(Debug, Default)]
pub struct Arguments {
    tables: Vec<String>,
    only: Option<String>,
}

/// Reads the arguments of this process: the names of tables, and `--only NAME` for one client.
///
/// The argument `--bench`, which cargo adds, is ignored.
///
/// # Errors
///
/// Fails if `--only` has no name.
pub fn read() -> anyhow::Result<Arguments> {
    let mut arguments = Arguments::default();
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        if word == "--only" {
            arguments.only = Some(words.next().context("--only needs the name of a client")?);
        } else if !word.starts_with("--") {
            arguments.tables.push(word);
        }
    }
    Ok(arguments)
}

impl Arguments {
    /// Returns whether a table is selected. Without names of tables, all are.
    #[must_use]
    pub fn selects_table(&self, name: &str) -> bool {
        self.tables.is_empty() || self.tables.iter().any(|table| table == name)
    }

    /// Returns whether a client is selected. Without `--only`, all are.
    #[must_use]
    pub fn selects_client(&self, name: &str) -> bool {
        self.only.as_ref().is_none_or(|only| name.contains(only))
    }
}
