//! `permissions man` writes man pages.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, Command, ValueHint};
use clap_mangen::Man;
use clap_mangen::roff::{Inline, Roff, bold, italic, roman};

use crate::exit;
use crate::exit::Exit;
use crate::failure::Failure;

const EXAMPLES: &str = "\
Examples:
  Write the pages, and read one:
    permissions man ~/.local/share/man/man1
    man permissions-list";

/// Arguments of `man`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Folder of the pages; a missing folder is created
    #[arg(value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    folder: PathBuf,
}

pub(crate) fn run(args: &Args, mut command: Command) -> Result<Exit, Failure> {
    command.build();
    let pages = || -> io::Result<()> {
        fs::create_dir_all(&args.folder)?;
        let name = command.get_name().to_owned();
        write(&args.folder, &command, &name)?;
        for subcommand in command
            .get_subcommands()
            .filter(|found| found.get_name() != "help")
        {
            write(
                &args.folder,
                subcommand,
                &format!("{name}-{}", subcommand.get_name()),
            )?;
        }
        Ok(())
    };
    pages().map_err(|error| {
        let folder = args.folder.display();
        Failure::new(
            Exit::Failure,
            format!("failed to write man pages to {folder}: {error}"),
        )
    })?;
    Ok(Exit::Success)
}

/// Writes one page. clap_mangen writes the options, the other sections are written here.
fn write(folder: &Path, command: &Command, name: &str) -> io::Result<()> {
    let mut page = Vec::new();
    let man = Man::new(command.clone().display_name(name.to_owned())).title(name.to_uppercase());
    man.render_title(&mut page)?;
    let mut roff = Roff::default();
    let about = command
        .get_about()
        .map(ToString::to_string)
        .unwrap_or_default();
    roff.control("SH", ["NAME"])
        .text([roman(format!("{name} - {about}"))]);
    roff.control("SH", ["SYNOPSIS"]).text(synopsis(command));
    roff.to_writer(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut page)?;
    }
    let mut roff = Roff::default();
    let after = command
        .get_after_help()
        .map(ToString::to_string)
        .unwrap_or_default();
    let examples = after.split("\n\nExit codes:").next().unwrap_or_default();
    section(&mut roff, "EXAMPLES", examples);
    section(&mut roff, "EXIT STATUS", exit::HELP);
    roff.to_writer(&mut page)?;
    fs::File::create(folder.join(format!("{name}.1")))?.write_all(&page)
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
fn synopsis(command: &Command) -> Vec<Inline> {
    let name = command.get_bin_name().unwrap_or_else(|| command.get_name());
    let mut line = vec![bold(name)];
    let is_shown = |arg: &&Arg| !arg.is_hide_set();
    for arg in command
        .get_opts()
        .chain(command.get_arguments().filter(|arg| is_flag(arg)))
        .filter(is_shown)
    {
        let option = arg.get_long().map(|long| format!("--{long}"));
        let short = || arg.get_short().map(|short| format!("-{short}"));
        line.extend([roman(" ["), bold(option.or_else(short).unwrap_or_default())]);
        if arg.get_action().takes_values() {
            line.extend([roman(" "), italic(values(arg))]);
        }
        line.push(roman("]"));
    }
    for arg in command.get_positionals().filter(is_shown) {
        let repeated = if matches!(arg.get_action(), ArgAction::Append) {
            "..."
        } else {
            ""
        };
        let (open, close) = if arg.is_required_set() {
            ("", "")
        } else {
            ("[", "]")
        };
        line.extend([
            roman(format!(" {open}")),
            italic(values(arg)),
            roman(format!("{repeated}{close}")),
        ]);
    }
    if command.has_subcommands() {
        line.extend([roman(" "), italic("COMMAND")]);
    }
    line
}

fn is_flag(arg: &Arg) -> bool {
    !arg.is_positional() && !arg.get_action().takes_values()
}

fn values(arg: &Arg) -> String {
    let names = arg.get_value_names().unwrap_or_default();
    names
        .iter()
        .map(|name| name.as_str())
        .collect::<Vec<_>>()
        .join(" ")
}
