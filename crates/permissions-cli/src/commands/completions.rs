//! `permissions completions` prints the completion script of a shell.

use clap_complete::Shell;
use clap_complete::env::Shells;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::file;

/// Arguments of `completions`.
#[derive(Debug, clap::Args)]
#[command(after_help = include_str!("../help/completions.txt"))]
pub(crate) struct Args {
    /// Shell of the script
    #[arg(value_enum, value_name = "SHELL")]
    shell: Shell,
}

/// Prints a script that runs `permissions` for each completion, so that the shell can complete ids.
pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    if let Some(shell) = Shells::builtins().completer(&args.shell.to_string()) {
        shell.write_registration(
            "COMPLETE",
            "permissions",
            "permissions",
            "permissions",
            &mut script,
        )?;
    }
    file::write_stdout(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Success)
}
