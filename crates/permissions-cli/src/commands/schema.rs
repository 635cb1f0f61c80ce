//! `permissions schema` prints the JSON Schema of a manifest.

use crate::exit::Exit;
use crate::failure::Failure;
use crate::{file, manifest};

const EXAMPLES: &str = "\
Examples:
  For an editor that completes and checks permissions.toml:
    permissions schema > permissions.schema.json";

/// Arguments of `schema`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {}

pub(crate) fn run() -> Result<Exit, Failure> {
    let mut text = serde_json::to_string_pretty(&manifest::schema()).map_err(|error| {
        Failure::new(
            Exit::Failure,
            format!("failed to write the schema: {error}"),
        )
    })?;
    text.push('\n');
    file::write_stdout(&text)?;
    Ok(Exit::Success)
}
