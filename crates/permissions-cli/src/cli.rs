//! The command line: global options here, each command's own beside the command.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{ArgAction, Parser, Subcommand, ValueHint};

use crate::commands::{
    apply, audit, check, completions, create, delete, doctor, export, list, man, plan, schema,
    serve,
};
use crate::exit;
use crate::failure::ErrorFormat;
use crate::output::{ColorChoice, Format};

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

const EXAMPLES: &str = "\
Examples:
  Without a key or a network, against a file of your own:
    permissions --local demo.db create ft:gpt-4o:acme proj_a proj_b
    permissions --local demo.db list ft:gpt-4o:acme

  Against the API, with an admin key:
    export OPENAI_ADMIN_KEY=sk-admin-...
    permissions list ft:gpt-4o:acme --format csv > access.csv";

/// Who may use which fine-tuned checkpoint.
///
/// Data goes to standard output, everything else to standard error.
#[derive(Debug, Parser)]
#[command(
    name = "permissions",
    version,
    styles = STYLES,
    after_help = after_help(),
    disable_help_subcommand = true,
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

/// Options that every command takes.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Global options")]
#[allow(rustdoc::bare_urls, reason = "the text is the command's help")]
pub(crate) struct Global {
    /// Use a database file of your own in place of the API
    ///
    /// The file is made when it is not there. No key and no network are needed: the command
    /// starts a server over the file, talks to it and stops it.
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) local: Option<PathBuf>,

    /// Where the API is [env: OPENAI_BASE_URL] [default: https://api.openai.com/v1]
    #[arg(long, global = true, value_name = "URL", conflicts_with = "local")]
    pub(crate) base_url: Option<String>,

    /// Send the admin key without encryption, where --base-url says so
    #[arg(long, global = true)]
    pub(crate) allow_http: bool,

    /// Settings of this name in the configuration file [env: PERMISSIONS_PROFILE] [default: default]
    #[arg(long, global = true, value_name = "NAME", conflicts_with = "local")]
    pub(crate) profile: Option<String>,

    /// Organization to act for [env: OPENAI_ORG_ID]
    #[arg(long, global = true, value_name = "ID", conflicts_with = "local")]
    pub(crate) organization: Option<String>,

    /// Project to act for, as the API's header says it [env: OPENAI_PROJECT_ID]
    #[arg(long, global = true, value_name = "ID", conflicts_with = "local")]
    pub(crate) api_project: Option<String>,

    /// Read the admin key from a file, or from standard input with - [env: OPENAI_ADMIN_KEY]
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        value_hint = ValueHint::FilePath,
        conflicts_with = "local"
    )]
    pub(crate) key_file: Option<PathBuf>,

    /// Prove who you are with this certificate, a PEM file [env: OPENAI_MTLS_CLIENT_CERT_FILE]
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        value_hint = ValueHint::FilePath,
        conflicts_with = "local"
    )]
    pub(crate) mtls_client_cert_file: Option<PathBuf>,

    /// Private key of that certificate, a PEM file [env: OPENAI_MTLS_CLIENT_KEY_FILE]
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        value_hint = ValueHint::FilePath,
        conflicts_with = "local"
    )]
    pub(crate) mtls_client_key_file: Option<PathBuf>,

    /// Trust the root certificates in this PEM file too, besides the system's
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        value_hint = ValueHint::FilePath,
        conflicts_with = "local"
    )]
    pub(crate) ca_file: Option<PathBuf>,

    /// How to print data; without it a table on a terminal and plain lines in a pipe
    #[arg(long, global = true, value_enum, value_name = "FORMAT")]
    pub(crate) format: Option<Format>,

    /// How to tell errors; without it JSON where data is JSON, and text elsewhere
    #[arg(long, global = true, value_enum, value_name = "FORMAT")]
    pub(crate) format_error: Option<ErrorFormat>,

    /// Print these columns, in this order
    #[arg(long, global = true, value_name = "NAME,...", value_delimiter = ',')]
    pub(crate) columns: Vec<String>,

    /// Run each row through a jq filter, and print what comes out
    #[arg(long, global = true, value_name = "FILTER", conflicts_with = "format")]
    pub(crate) jq: Option<String>,

    /// When to use colour
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t)]
    pub(crate) color: ColorChoice,

    /// Tell on standard error what was done; twice, what went over the wire
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,

    /// Tell nothing but errors on standard error
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    #[command(flatten)]
    Talk(Talk),
    /// Check manifests, without a network
    Check(check::Args),
    /// Print the JSON Schema of a manifest
    Schema(schema::Args),
    /// Say which settings apply, and whether they work
    Doctor(doctor::Args),
    /// Print completion for a shell
    Completions(completions::Args),
    /// Write man pages
    Man(man::Args),
    /// Run a server of the three operations over a database file
    Serve(serve::Args),
}

/// What needs somebody to talk to.
#[derive(Debug, Subcommand)]
pub(crate) enum Talk {
    /// List the permissions of a checkpoint
    List(list::Args),
    /// Let projects use a checkpoint
    Create(create::Args),
    /// Take permissions of a checkpoint away
    Delete(delete::Args),
    /// Show what would have to change for permissions.toml to be true
    Plan(plan::Args),
    /// Change what is live to what permissions.toml says
    Apply(apply::Args),
    /// Write a manifest of what is live
    Export(export::Args),
    /// Show who has access to what, over many checkpoints
    Audit(audit::Args),
}

/// Reads the command line.
pub(crate) fn parse(args: &[OsString]) -> Result<Cli, clap::Error> {
    Cli::try_parse_from(args)
}

fn after_help() -> String {
    format!("{EXAMPLES}\n\n{}", exit::HELP)
}
