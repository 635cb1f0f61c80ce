//! `permissions schema`: the JSON Schema of a manifest.

use std::io::Write as _;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::manifest;

const EXAMPLES: &str = "\
Examples:
  For an editor that completes and checks permissions.toml:
    permissions schema > permissions.schema.json";

/// Arguments of `schema`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {}

pub(crate) fn run() -> Result<Exit, Failure> {
    let mut text = serde_json::to_string_pretty(&manifest::schema())
        .map_err(|error| Failure::new(Exit::Failure, format!("failed to write it: {error}")))?;
    text.push('\n');
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(Exit::Success)
}
