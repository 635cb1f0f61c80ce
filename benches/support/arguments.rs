//! What a bench is asked for behind `--` on cargo's command line.

use anyhow::Context as _;

/// What is measured, and who takes part.
#[derive(Debug, Default)]
pub struct Arguments {
    wanted: Vec<String>,
    only: Option<String>,
}

/// Reads the arguments of this process. Words name what is measured; `--only NAME` names who takes part; cargo's own
/// `--bench` is passed over.
///
/// # Errors
///
/// Where `--only` comes without a name.
pub fn read() -> anyhow::Result<Arguments> {
    let mut arguments = Arguments::default();
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        if word == "--only" {
            arguments.only = Some(words.next().context("--only needs the name of a client")?);
        } else if !word.starts_with("--") {
            arguments.wanted.push(word);
        }
    }
    Ok(arguments)
}

impl Arguments {
    /// Whether this is measured: everything is, where nothing was named.
    #[must_use]
    pub fn measures(&self, what: &str) -> bool {
        self.wanted.is_empty() || self.wanted.iter().any(|wanted| wanted == what)
    }

    /// Whether this contender takes part: everybody does, where nobody was named.
    #[must_use]
    pub fn contends(&self, name: &str) -> bool {
        self.only.as_ref().is_none_or(|only| name.contains(only))
    }
}
