//! The command line.

mod suggest;
mod usage;

use std::ffi::OsString;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{Arg, CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueHint};

pub(crate) use self::usage::refuse;
use crate::commands::{
    apply, audit, check, completions, create, delete, doctor, export, list, man, plan, projects,
    schema, serve,
};
use crate::options::{Global, REMOTE};
use crate::{completion, exit};

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

/// Manage which projects may use which fine-tuned checkpoint
///
/// A checkpoint is a fine-tuned model of an organization. A permission lets one project use one checkpoint. The API
/// requires an admin key of the organization.
///
/// Data goes to standard output, everything else to standard error.
#[derive(Debug, Parser)]
#[command(
    name = "permissions",
    version,
    styles = STYLES,
    after_help = after_help(),
    subcommand_required = true,
    arg_required_else_help = true,
    max_term_width = 100
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,

    #[command(subcommand)]
    pub(crate) command: Command,
}

/// A subcommand.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    #[command(flatten)]
    Api(ApiCommand),
    /// Check manifests; without --online, no network is needed
    Check(check::Args),
    /// Show a saved plan, without a network
    Show(plan::ShowArgs),
    /// Print the JSON Schema of a manifest
    Schema(schema::Args),
    /// Show the settings and test the connection
    Doctor(doctor::Args),
    /// Print the completion script of a shell
    Completions(completions::Args),
    /// Write man pages
    Man(man::Args),
    /// Run a local server with the operations of the API
    Serve(serve::Args),
    /// Print the version
    Version,
}

/// A subcommand that sends requests to the API or to the embedded server.
#[derive(Debug, Subcommand)]
pub(crate) enum ApiCommand {
    /// List the permissions of checkpoints
    #[command(visible_aliases = ["ls", "get", "retrieve"])]
    List(list::Args),
    /// Let projects use checkpoints
    #[command(visible_alias = "grant")]
    Create(create::Args),
    /// Delete permissions of checkpoints
    #[command(visible_aliases = ["rm", "remove", "revoke"])]
    Delete(delete::Args),
    /// Show what `apply` would change
    #[command(visible_alias = "drift")]
    Plan(plan::Args),
    /// Change the live permissions to those of the manifest
    Apply(apply::Args),
    /// Write a manifest of the live permissions
    Export(export::Args),
    /// Show the access of all projects to many checkpoints
    Audit(audit::Args),
    /// List the projects of the organization
    Projects(projects::Args),
}

/// Parses the command line.
pub(crate) fn parse(args: &[OsString]) -> Result<Cli, clap::Error> {
    let mut command = command();
    let matches = command
        .try_get_matches_from_mut(args)
        .map_err(|error| suggest::improve(error, &command, args))?;
    Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut command))
}

/// Returns the clap command with the completions and conflicts of all arguments.
pub(crate) fn command() -> clap::Command {
    let command = Cli::command().mut_subcommands(|subcommand| subcommand.mut_args(complete));
    command.mut_args(|arg| {
        let is_remote = REMOTE.contains(&arg.get_id().as_str());
        let arg = if is_remote {
            arg.conflicts_with("local")
        } else {
            arg
        };
        complete(arg)
    })
}

/// Chooses the completion of an argument by its value name, such as CHECKPOINT.
fn complete(arg: Arg) -> Arg {
    let name = arg.get_value_names().and_then(|names| names.first());
    match name.map(|name| name.as_str()) {
        Some("CHECKPOINT") => arg.add(completion::checkpoints()),
        Some("PROJECT") => arg.add(completion::projects()),
        Some("FILE" | "PLAN" | "PATH") => arg.value_hint(ValueHint::AnyPath),
        Some("FOLDER") => arg.value_hint(ValueHint::DirPath),
        _ => arg,
    }
}

fn after_help() -> String {
    format!(
        "{}\n\n{}",
        include_str!("../help/permissions.txt"),
        exit::HELP
    )
}
