//! `permissions schema` prints the JSON Schema of a manifest.

use crate::exit::Exit;
use crate::failure::Failure;
use crate::{file, manifest};

/// Arguments of `schema`.
#[derive(Debug, clap::Args)]
#[command(after_help = include_str!("../help/schema.txt"))]
pub(crate) struct Args {}

pub(crate) fn run() -> Result<Exit, Failure> {
    file::write_stdout(manifest::SCHEMA)?;
    Ok(Exit::Success)
}
