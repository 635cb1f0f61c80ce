//! The global options and their values.

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, ValueEnum};
use permissions_ext::{ClientBuilder, RetryPolicy};
use serde::Deserialize;

use crate::failure::Failure;

/// Options of every command.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// Use a SQLite file instead of the API
    ///
    /// The command starts an embedded server on the file and stops it at the end. No key and no network are needed.
    /// `create`, `serve` and `apply` without a saved plan create a missing file; other commands fail.
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) local: Option<PathBuf>,

    /// Allow a base URL with plain http, which sends the admin key unencrypted
    #[arg(long, global = true)]
    pub(crate) allow_http: bool,

    /// Profile of the configuration file [env: PERMISSIONS_PROFILE] [default: default]
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) profile: Option<String>,

    #[command(flatten)]
    pub(crate) profile_options: ProfileOptions,

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

    /// Print to standard error what was done; -vv also prints requests and responses
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,

    /// Print only errors on standard error
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,

    #[command(flatten)]
    pub(crate) requests: RequestOptions,
}

/// The options that a profile of the configuration file can set. A profile cannot contain the key itself, because
/// configuration files are copied and shared.
#[derive(Clone, Debug, Default, clap::Args, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(rustdoc::bare_urls, reason = "the text is the command's help")]
pub(crate) struct ProfileOptions {
    /// Base URL of the API [env: OPENAI_BASE_URL] [default: https://api.openai.com/v1]
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) base_url: Option<String>,

    /// Organization for the request header [env: OPENAI_ORG_ID]
    #[arg(long, global = true, value_name = "ID")]
    pub(crate) organization: Option<String>,

    /// Project for the request header [env: OPENAI_PROJECT_ID]
    #[arg(long, global = true, value_name = "ID")]
    #[serde(rename = "project")]
    pub(crate) api_project: Option<String>,

    /// Read the admin key from a file, or from standard input with - [default: the key in OPENAI_ADMIN_KEY]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) key_file: Option<PathBuf>,

    /// A program that prints the admin key.
    #[arg(skip)]
    pub(crate) key_command: Option<KeyCommand>,

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

    /// When to use colours [default: auto]
    #[arg(long, global = true, value_enum, value_name = "WHEN")]
    pub(crate) color: Option<ColorChoice>,
}

/// A program with its arguments, as an array or as a string of words separated by spaces.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum KeyCommand {
    Words(Vec<String>),
    Line(String),
}

impl KeyCommand {
    pub(crate) fn words(&self) -> Vec<String> {
        match self {
            Self::Words(words) => words.clone(),
            Self::Line(line) => line.split_whitespace().map(str::to_owned).collect(),
        }
    }
}

impl From<String> for KeyCommand {
    fn from(line: String) -> Self {
        Self::Line(line)
    }
}

/// Options for the API connection, which conflict with `--local`.
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
        let json = self.json.then_some(Format::Json);
        json.or(self.profile_options.format)
    }

    /// Whether errors are JSON. `format` is the format of data.
    pub(crate) fn reports_json(&self, format: Option<Format>) -> bool {
        match self.format_error {
            Some(format) => format == ErrorFormat::Json,
            None => matches!(format, Some(Format::Json | Format::Jsonl)),
        }
    }
}

/// Options for requests.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Request options")]
pub(crate) struct RequestOptions {
    /// Send at most N requests at the same time
    #[arg(long, global = true, value_name = "N", default_value = "8", value_parser = clap::value_parser!(u16).range(1..=512))]
    concurrency: u16,

    /// Retry a failed request at most N times [default: 2]
    #[arg(long, global = true, value_name = "N")]
    retries: Option<u32>,

    /// Time limit of one attempt, such as 30s or 2m [default: 10m]
    #[arg(long, global = true, value_name = "TIME", value_parser = duration)]
    timeout: Option<Duration>,

    /// Time limit of the whole call with its retries and pages, such as 5m [default: none]
    #[arg(long, global = true, value_name = "TIME", value_parser = duration)]
    deadline: Option<Duration>,

    /// Add a header to each request, such as 'X-Team: platform'; may be repeated
    #[arg(long = "header", global = true, value_name = "NAME: VALUE")]
    headers: Vec<String>,
}

impl RequestOptions {
    pub(crate) fn concurrency(&self) -> usize {
        self.concurrency.into()
    }

    /// Adds the options to a client.
    pub(crate) fn configure(&self, mut builder: ClientBuilder) -> Result<ClientBuilder, Failure> {
        if let Some(retries) = self.retries {
            builder = builder.retry(RetryPolicy::default().max_retries(retries));
        }
        if let Some(timeout) = self.timeout {
            builder = builder.timeout(timeout);
        }
        if let Some(deadline) = self.deadline {
            builder = builder.deadline(deadline);
        }
        for header in &self.headers {
            let (name, value) = parse_header(header)?;
            builder = builder.header(name, value);
        }
        Ok(builder)
    }
}

/// Parses a header. Errors do not contain the value, which may be a secret.
fn parse_header(header: &str) -> Result<(&str, &str), Failure> {
    let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    match header.split_once(':') {
        Some((name, value)) if !name.is_empty() && name.chars().all(is_token) => {
            Ok((name, value.trim()))
        }
        _ => {
            let message = "invalid value for --header: no valid header name before a colon";
            Err(Failure::usage(message).remedy("write it as --header 'Name: value'"))
        }
    }
}

/// Parses a number of seconds, or a number with a unit.
fn duration(text: &str) -> Result<Duration, &'static str> {
    const REASON: &str = "expected a duration above 0, such as 30s, 2m or 1m30s";
    let parsed = match text.parse::<f64>() {
        Ok(seconds) => Duration::try_from_secs_f64(seconds).ok(),
        Err(_) => {
            let span = text.parse::<jiff::SignedDuration>().ok();
            span.and_then(|span| Duration::try_from(span).ok())
        }
    };
    parsed.filter(|duration| !duration.is_zero()).ok_or(REASON)
}

/// A format of data on standard output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Format {
    /// Aligned columns under a header; the default on a terminal
    Table,
    /// One row per line, tab-separated, without a header; the default in a pipe
    Plain,
    /// One array of objects
    Json,
    /// One object per line
    Jsonl,
    /// Comma-separated values with a header
    Csv,
    /// One sequence of mappings
    Yaml,
    /// A diff in Markdown, only for plans
    Markdown,
}

/// A format of errors on standard error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ErrorFormat {
    /// The message and the remedy
    Text,
    /// One object on one line
    Json,
}

/// When output is coloured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ColorChoice {
    /// On a terminal; NO_COLOR turns colours off, CLICOLOR_FORCE and FORCE_COLOR turn them on
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl ColorChoice {
    /// Chooses between the option, the environment and the profile, in this order.
    pub(crate) fn resolve(option: Option<Self>, profile: Option<Self>) -> Self {
        option
            .or_else(Self::from_environment)
            .or(profile)
            .unwrap_or_default()
    }

    /// Whether to colour an output. `is_terminal` is whether that output is a terminal.
    pub(crate) fn enabled(self, is_terminal: bool) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => is_terminal && std::env::var_os("TERM").is_none_or(|term| term != "dumb"),
        }
    }

    fn from_environment() -> Option<Self> {
        let value = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        let is_on = |name| value(name).is_some_and(|value| value != "0" && value != "false");
        if value("NO_COLOR").is_some() {
            Some(Self::Never)
        } else if is_on("CLICOLOR_FORCE") || is_on("FORCE_COLOR") {
            Some(Self::Always)
        } else if value("CLICOLOR").is_some_and(|value| value == "0") {
            Some(Self::Never)
        } else {
            None
        }
    }
}
