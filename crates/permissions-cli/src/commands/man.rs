//! `permissions man`: man pages.

use std::fs;
use std::path::PathBuf;

use clap::{CommandFactory as _, ValueHint};

use crate::cli::Cli;
use crate::exit::Exit;
use crate::failure::Failure;

const EXAMPLES: &str = "\
Examples:
  permissions man ~/.local/share/man/man1 && man permissions-list";

/// Arguments of `man`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Folder to write to; it is made when it is not there
    #[arg(value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    folder: PathBuf,
}

pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    fs::create_dir_all(&args.folder)
        .and_then(|()| clap_mangen::generate_to(Cli::command(), &args.folder))
        .map_err(|error| {
            let folder = args.folder.display();
            Failure::new(
                Exit::Failure,
                format!("failed to write man pages to {folder}: {error}"),
            )
        })?;
    Ok(Exit::Success)
}
