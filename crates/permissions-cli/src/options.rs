//! The global options.

use std::path::PathBuf;

use clap::ArgAction;

use crate::format::{ErrorFormat, Format};
use crate::requests::RequestOptions;
use crate::style::ColorChoice;

/// Options of every command.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Global options")]
#[allow(rustdoc::bare_urls, reason = "the text is the command's help")]
pub(crate) struct Global {
    /// Use a SQLite file instead of the API
    ///
    /// The command starts an embedded server on the file and stops it at the end. No key and no network are needed.
    /// `create`, `serve` and `apply` without a saved plan create a missing file; other commands fail.
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) local: Option<PathBuf>,

    /// Base URL of the API [env: OPENAI_BASE_URL] [default: https://api.openai.com/v1]
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) base_url: Option<String>,

    /// Allow a base URL with plain http, which sends the admin key unencrypted
    #[arg(long, global = true)]
    pub(crate) allow_http: bool,

    /// Profile of the configuration file [env: PERMISSIONS_PROFILE] [default: default]
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) profile: Option<String>,

    /// Organization for the request header [env: OPENAI_ORG_ID]
    #[arg(long, global = true, value_name = "ID")]
    pub(crate) organization: Option<String>,

    /// Project for the request header [env: OPENAI_PROJECT_ID]
    #[arg(long, global = true, value_name = "ID")]
    pub(crate) api_project: Option<String>,

    /// Read the admin key from a file, or from standard input with - [env: OPENAI_ADMIN_KEY]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) key_file: Option<PathBuf>,

    /// Client certificate, a PEM file [env: OPENAI_MTLS_CLIENT_CERT_FILE]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) mtls_client_cert_file: Option<PathBuf>,

    /// Private key of the client certificate, a PEM file [env: OPENAI_MTLS_CLIENT_KEY_FILE]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) mtls_client_key_file: Option<PathBuf>,

    /// Root certificates to trust besides the system's, a PEM file
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) ca_file: Option<PathBuf>,

    /// Format of data [env: PERMISSIONS_FORMAT] [default: table on a terminal, plain in a pipe]
    #[arg(short = 'o', long, global = true, value_enum, value_name = "FORMAT")]
    pub(crate) format: Option<Format>,

    /// Print JSON, same as --format json
    #[arg(long, global = true, conflicts_with = "format")]
    pub(crate) json: bool,

    /// Format of errors [default: json with --format json or jsonl, text otherwise]
    #[arg(long, global = true, value_enum, value_name = "FORMAT")]
    pub(crate) format_error: Option<ErrorFormat>,

    /// Print only these columns, in this order
    #[arg(long, global = true, value_name = "NAME,...", value_delimiter = ',')]
    pub(crate) columns: Vec<String>,

    /// Filter the whole JSON document with jq, such as 'map(.id) | @csv'
    #[arg(long, global = true, value_name = "FILTER", conflicts_with = "format")]
    pub(crate) jq: Option<String>,

    /// Filter each row with jq, such as '[.project_id, .id] | @tsv'
    #[arg(long, global = true, value_name = "FILTER", conflicts_with_all = ["format", "jq"])]
    pub(crate) jq_rows: Option<String>,

    /// When to use colours [default: auto]
    #[arg(long, global = true, value_enum, value_name = "WHEN")]
    pub(crate) color: Option<ColorChoice>,

    /// Print what was done on standard error; -vv prints requests and responses
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,

    /// Print only errors on standard error
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,

    #[command(flatten)]
    pub(crate) requests: RequestOptions,
}

/// Options about the API, which exclude `--local`.
pub(crate) const REMOTE: &[&str] = &[
    "base_url",
    "profile",
    "organization",
    "api_project",
    "key_file",
    "mtls_client_cert_file",
    "mtls_client_key_file",
    "ca_file",
];

impl Global {
    /// The format that the command line sets.
    pub(crate) fn format(&self) -> Option<Format> {
        if self.json {
            return Some(Format::Json);
        }
        self.format
    }
}
