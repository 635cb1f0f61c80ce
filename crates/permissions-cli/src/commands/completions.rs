//! `permissions completions`: completion for a shell.

use std::io::Write as _;

use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::cli::Cli;
use crate::exit::Exit;
use crate::failure::Failure;

const EXAMPLES: &str = "\
Examples:
  bash:
    permissions completions bash > ~/.local/share/bash-completion/completions/permissions

  zsh, into a folder of $fpath:
    permissions completions zsh > ~/.zfunc/_permissions

  fish:
    permissions completions fish > ~/.config/fish/completions/permissions.fish";

/// Arguments of `completions`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Shell to complete in
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "permissions", &mut script);
    std::io::stdout().write_all(&script)?;
    Ok(Exit::Success)
}
