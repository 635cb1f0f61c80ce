//! `permissions man` writes man pages.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::{ArgAction, Command};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};

use crate::exit::{self, Exit};
use crate::failure::Failure;

/// Arguments of `man`.
#[derive(Debug, clap::Args)]
#[command(after_help = include_str!("../help/man.txt"))]
pub(crate) struct Args {
    /// Folder of the pages; a missing folder is created
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
}

pub(crate) fn run(args: &Args, mut command: Command) -> Result<Exit, Failure> {
    command.build();
    let pages = || -> io::Result<()> {
        fs::create_dir_all(&args.folder)?;
        let name = command.get_name();
        write(&args.folder, &command, name)?;
        let subcommands = command.get_subcommands();
        for found in subcommands.filter(|found| found.get_name() != "help") {
            write(&args.folder, found, &format!("{name}-{}", found.get_name()))?;
        }
        Ok(())
    };
    let action = format!("write man pages to {}", args.folder.display());
    pages().map_err(|error| Failure::failed_to(&action, error))?;
    Ok(Exit::Success)
}

/// Writes one page. Adds the option values in the synopsis, and the examples. clap_mangen omits both.
fn write(folder: &Path, command: &Command, name: &str) -> io::Result<()> {
    let command = command
        .clone()
        .display_name(name)
        .override_usage(synopsis(command));
    let man = Man::new(command.clone()).title(name.to_uppercase());
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut page)?;
    }
    let mut roff = Roff::default();
    let help = command.get_after_help().map(ToString::to_string);
    let help = help.unwrap_or_default();
    let examples = help.split("\n\nExit codes:").next();
    section(&mut roff, "EXAMPLES", examples.unwrap_or_default());
    section(&mut roff, "EXIT STATUS", exit::HELP);
    roff.to_writer(&mut page)?;
    fs::write(folder.join(format!("{name}.1")), page)
}

/// Writes a preformatted section without the heading line of the help text.
fn section(roff: &mut Roff, title: &str, text: &str) {
    let Some((_, body)) = text.split_once(":\n") else {
        return;
    };
    roff.control("SH", [title]).control("nf", []);
    for line in body.lines() {
        roff.text([roman(line)]);
    }
    roff.control("fi", []);
}

/// The command with its options, their values and its arguments.
fn synopsis(command: &Command) -> String {
    let name = command.get_bin_name();
    let mut line = name.unwrap_or_else(|| command.get_name()).to_owned();
    for arg in command.get_arguments().filter(|arg| !arg.is_hide_set()) {
        let values = arg.get_value_names().unwrap_or_default();
        let values = values.join(" ");
        let is_repeated = matches!(arg.get_action(), ArgAction::Append);
        let repeated = if is_repeated { "..." } else { "" };
        line.push_str(&match arg.get_long() {
            Some(option) if arg.get_action().takes_values() => format!(" [--{option} {values}]"),
            Some(option) => format!(" [--{option}]"),
            None if arg.is_required_set() => format!(" {values}{repeated}"),
            None => format!(" [{values}{repeated}]"),
        });
    }
    if command.has_subcommands() {
        line.push_str(" COMMAND");
    }
    line
}
