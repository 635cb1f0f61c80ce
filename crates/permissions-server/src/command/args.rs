//! The options of a server.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use secrecy::SecretString;
use serde::Deserialize;

use crate::store::Database;

/// The options of `permissions-server` and `permissions serve`.
///
/// An option overrides its environment variable, which overrides the configuration file, which overrides the default.
#[derive(Debug, Clone, Default, Args, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
#[non_exhaustive]
pub struct ServeArgs {
    /// The database: a SQLite file, which is created if it is missing, or
    /// postgres://USER:PASSWORD@HOST:PORT/DATABASE, which several servers may share [default: memory, which is lost when
    /// the server stops]
    #[arg(
        long,
        value_name = "FILE|URL",
        env = "PERMISSIONS_SERVER_DATABASE",
        hide_env_values = true
    )]
    pub database: Option<Database>,

    /// Host and port to listen on, such as localhost:8080 [default: 127.0.0.1:8080]. With 127.0.0.1, only this machine can
    /// connect. With 0.0.0.0:8080, other machines can connect too; use --tls-cert then
    #[arg(long, value_name = "HOST:PORT", env = "PERMISSIONS_SERVER_LISTEN", value_parser = listen)]
    pub listen: Option<String>,

    /// An admin key for requests. Prefer the environment variable to the option, because other users of the machine can see
    /// the command line. Without any admin key, the server generates one and prints it
    #[arg(
        long,
        value_name = "KEY",
        env = "OPENAI_ADMIN_KEY",
        hide_env_values = true
    )]
    #[serde(skip)]
    pub admin_key: Option<SecretString>,

    /// A file of admin keys, one on each line. The server reloads it after a change
    #[arg(long, value_name = "FILE", env = "PERMISSIONS_SERVER_ADMIN_KEYS")]
    pub admin_keys: Option<PathBuf>,

    /// A file of project keys, one on each line. Requests with such a key get status 403
    #[arg(long, value_name = "FILE", env = "PERMISSIONS_SERVER_PROJECT_KEYS")]
    pub project_keys: Option<PathBuf>,

    /// A TOML file of projects, such as `"proj_a" = "Forecast service"`, which the server creates or updates when it
    /// starts
    #[arg(long, value_name = "FILE", env = "PERMISSIONS_SERVER_PROJECTS")]
    pub projects: Option<PathBuf>,

    /// The certificate chain for HTTPS, a PEM file
    #[arg(
        long,
        value_name = "FILE",
        env = "PERMISSIONS_SERVER_TLS_CERT",
        requires = "tls_key"
    )]
    pub tls_cert: Option<PathBuf>,

    /// The private key of the certificate, a PEM file
    #[arg(
        long,
        value_name = "FILE",
        env = "PERMISSIONS_SERVER_TLS_KEY",
        requires = "tls_cert"
    )]
    pub tls_key: Option<PathBuf>,

    /// Requests per minute for each admin key. More requests get status 429 [default: no limit]
    #[arg(long, value_name = "REQUESTS", env = "PERMISSIONS_SERVER_RATE_LIMIT", value_parser = clap::value_parser!(u32).range(1..))]
    pub rate_limit: Option<u32>,

    /// Maximum number of open connections, capped by the limit of file descriptors [default: 8192]
    #[arg(long, value_name = "NUMBER", env = "PERMISSIONS_SERVER_MAX_CONNECTIONS", value_parser = clap::value_parser!(u32).range(1..))]
    pub max_connections: Option<u32>,

    /// Seconds in which accepted requests can finish when the server stops [default: 10]
    #[arg(
        long,
        value_name = "SECONDS",
        env = "PERMISSIONS_SERVER_SHUTDOWN_SECONDS"
    )]
    pub shutdown_seconds: Option<u32>,

    /// Lets requests choose a fault with the header x-fault (status=503, delay=250ms, drop, drop-after, truncate,
    /// oversize=BYTES), to test the retries of a client. Do not use it in production
    #[arg(long)]
    pub faults: bool,

    /// The format of the log on stderr [default: text]
    #[arg(long, value_name = "FORMAT", env = "PERMISSIONS_SERVER_LOG_FORMAT")]
    pub log_format: Option<LogFormat>,

    /// The log level: error, warn, info, debug, trace or off [default: info]
    #[arg(long, value_name = "LEVEL", env = "PERMISSIONS_SERVER_LOG")]
    pub log: Option<String>,

    /// A TOML file whose settings have the names of these options, such as `listen = "0.0.0.0:8080"`
    #[arg(long, value_name = "FILE", env = "PERMISSIONS_SERVER_CONFIG")]
    #[serde(skip)]
    pub config: Option<PathBuf>,
}

/// The format of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Text for people.
    #[default]
    Text,
    /// One JSON object on each line.
    Json,
}

/// Checks the form of a host and a port. The host is resolved when the server starts.
fn listen(text: &str) -> Result<String, &'static str> {
    let (host, port) = text.rsplit_once(':').unwrap_or((text, ""));
    if host.is_empty() || port.parse::<u16>().is_err() {
        return Err("use a host and a port, such as 127.0.0.1:8080, localhost:8080 or [::1]:8080");
    }
    Ok(text.to_owned())
}
