//! `permissions schema` prints the JSON Schema of a manifest.

use crate::exit::Exit;
use crate::failure::Failure;
use crate::{file, manifest};

/// Arguments of `schema`.
#[derive(Debug, clap::Args)]
#[command(after_help = include_str!("../help/schema.txt"))]
pub(crate) struct Args {}

pub(crate) fn run() -> Result<Exit, Failure> {
    let schema = serde_json::to_string_pretty(&manifest::schema())
        .map_err(|error| Failure::failed_to("write the schema", error))?;
    file::write_stdout(&format!("{schema}\n"))?;
    Ok(Exit::Success)
}
