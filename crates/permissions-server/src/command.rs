//! Serving from a command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use secrecy::SecretString;

use crate::error::StartError;
use crate::server::Server;
use crate::store::Database;

/// What `permissions-server` and `permissions serve` take.
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// SQLite file that keeps the permissions; it is created if it is missing. Without one they are
    /// kept in memory, until the server stops
    #[arg(long, value_name = "FILE", env = "PERMISSIONS_SERVER_DATABASE")]
    pub database: Option<PathBuf>,

    /// Address to listen on
    #[arg(
        long,
        value_name = "ADDRESS",
        default_value = "127.0.0.1:8080",
        env = "PERMISSIONS_SERVER_LISTEN"
    )]
    pub listen: SocketAddr,

    /// Admin key that requests must carry; better given by the variable, as other users of the
    /// machine can see arguments. Without one a random key is made and printed
    #[arg(
        long,
        value_name = "KEY",
        env = "OPENAI_ADMIN_KEY",
        hide_env_values = true
    )]
    pub admin_key: Option<SecretString>,
}

/// Serves until Ctrl-C or SIGTERM, then finishes what was accepted. `ready` is told the server once
/// it listens.
///
/// # Errors
///
/// If the server does not start; see [`StartError`].
pub async fn serve(args: ServeArgs, ready: impl FnOnce(&Server)) -> Result<(), StartError> {
    let mut builder = Server::builder().bind(args.listen);
    if let Some(file) = args.database {
        builder = builder.database(Database::sqlite_file(file));
    }
    if let Some(key) = args.admin_key {
        builder = builder.admin_key(key);
    }
    let server = builder.start().await?;
    ready(&server);
    stop_signal().await;
    server.shutdown().await;
    Ok(())
}

#[cfg(unix)]
async fn stop_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
        }
        // Without a handler the signal ends the process by itself.
        Err(_) => drop(tokio::signal::ctrl_c().await),
    }
}

#[cfg(not(unix))]
async fn stop_signal() {
    drop(tokio::signal::ctrl_c().await);
}
