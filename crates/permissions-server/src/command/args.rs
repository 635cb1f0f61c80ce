//! The flags of a server.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use secrecy::SecretString;
use serde::Deserialize;

use crate::store::Database;

/// What `permissions-server` and `permissions serve` take. A flag wins over its variable, the
/// variable over the configuration file, the file over the default.
#[derive(Debug, Clone, Default, Args)]
#[non_exhaustive]
pub struct ServeArgs {
    /// Where the permissions are kept: a SQLite file, which is created if it is missing, or
    /// postgres://USER:PASSWORD@HOST:PORT/DATABASE, which several servers may share. Without it they
    /// are kept in memory, until the server stops
    #[arg(
        long,
        value_name = "FILE|URL",
        env = "PERMISSIONS_SERVER_DATABASE",
        hide_env_values = true,
        value_parser = database
    )]
    pub database: Option<Database>,

    /// Address to listen on [default: 127.0.0.1:8080]. Only this machine reaches 127.0.0.1;
    /// 0.0.0.0:8080 lets others in, then give --tls-cert too
    #[arg(long, value_name = "ADDRESS", env = "PERMISSIONS_SERVER_LISTEN")]
    pub listen: Option<SocketAddr>,

    /// An admin key that requests may carry; better given by the variable, as other users of the
    /// machine can see arguments. Without any admin key a random one is made and printed
    #[arg(
        long,
        value_name = "KEY",
        env = "OPENAI_ADMIN_KEY",
        hide_env_values = true
    )]
    pub admin_key: Option<SecretString>,

    /// File of admin keys, one a line. A change is taken into use without a restart
    #[arg(long, value_name = "FILE", env = "PERMISSIONS_SERVER_ADMIN_KEYS")]
    pub admin_keys: Option<PathBuf>,

    /// File of keys that are known but no admin keys, one a line: they are answered 403
    #[arg(long, value_name = "FILE", env = "PERMISSIONS_SERVER_PROJECT_KEYS")]
    pub project_keys: Option<PathBuf>,

    /// Certificate chain for HTTPS, a PEM file
    #[arg(
        long,
        value_name = "FILE",
        env = "PERMISSIONS_SERVER_TLS_CERT",
        requires = "tls_key"
    )]
    pub tls_cert: Option<PathBuf>,

    /// Private key of the certificate, a PEM file
    #[arg(
        long,
        value_name = "FILE",
        env = "PERMISSIONS_SERVER_TLS_KEY",
        requires = "tls_cert"
    )]
    pub tls_key: Option<PathBuf>,

    /// Requests a minute that each admin key may send; more are answered 429 [default: no limit]
    #[arg(
        long,
        value_name = "REQUESTS",
        env = "PERMISSIONS_SERVER_RATE_LIMIT",
        value_parser = clap::value_parser!(u32).range(1..)
    )]
    pub rate_limit: Option<u32>,

    /// Connections at a time [default: 8192]
    #[arg(
        long,
        value_name = "NUMBER",
        env = "PERMISSIONS_SERVER_MAX_CONNECTIONS",
        value_parser = clap::value_parser!(u32).range(1..)
    )]
    pub max_connections: Option<u32>,

    /// Seconds that requests get to finish when the server is told to stop [default: 10]
    #[arg(
        long,
        value_name = "SECONDS",
        env = "PERMISSIONS_SERVER_SHUTDOWN_SECONDS"
    )]
    pub shutdown_seconds: Option<u32>,

    /// Lets requests ask for faults by the header x-fault (status=503, delay=250ms, drop,
    /// drop-after, truncate, oversize=BYTES), to test a client's retries. Not for production
    #[arg(long)]
    pub faults: bool,

    /// Form of the log on stderr [default: text]
    #[arg(long, value_name = "FORM", env = "PERMISSIONS_SERVER_LOG_FORMAT")]
    pub log_format: Option<LogFormat>,

    /// What is logged: error, warn, info, debug, trace, or off [default: info]
    #[arg(long, value_name = "LEVEL", env = "PERMISSIONS_SERVER_LOG")]
    pub log: Option<String>,

    /// Configuration file (TOML): the flags' names without dashes in front, such as
    /// `listen = "0.0.0.0:8080"`
    #[arg(long, value_name = "FILE", env = "PERMISSIONS_SERVER_CONFIG")]
    pub config: Option<PathBuf>,
}

/// How a line of the log looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// Never fails: clap would repeat what is wrong, and that may hold a password.
fn database(text: &str) -> Result<Database, Infallible> {
    Ok(Database::from(text))
}
