//! Runs a server with command-line options.

mod args;
mod file;
mod log;
mod signals;

use std::net::SocketAddr;
use std::time::Duration;

use crate::error::StartError;
use crate::faults::Faults;
use crate::keys::Role;
use crate::server::{Server, ServerBuilder};
pub use args::{LogFormat, ServeArgs};
use signals::{Effect, Signals};

/// Serves until Ctrl-C or SIGTERM, then completes the accepted requests. SIGHUP reloads the key files. Calls `ready` when
/// the server accepts requests.
///
/// Logs to stderr, unless the process has already set up `tracing`.
///
/// # Errors
///
/// Returns an error if the server does not start; see [`StartError`].
pub async fn serve(args: ServeArgs, ready: impl FnOnce(&Server)) -> Result<(), StartError> {
    let args = file::merge(args)?;
    let level = args.log.as_deref().unwrap_or("info");
    log::init(args.log_format.unwrap_or_default(), level)?;
    // The soft limit of file descriptors is often only 1,024. If it cannot be raised, the server accepts fewer
    // connections.
    let _ = rlimit::increase_nofile_limit(u64::MAX);

    let mut signals = Signals::register()?;
    let faults = args.faults;
    let address = resolve(args.listen.as_deref().unwrap_or("127.0.0.1:8080")).await?;
    let server = builder(args)?.bind(address).start().await?;
    if faults {
        tracing::warn!(
            "--faults lets every client with a key inject faults; do not use it in production"
        );
    }
    if !server.address().ip().is_loopback() && server.base_url().starts_with("http:") {
        tracing::warn!("keys are sent unencrypted; set --tls-cert and --tls-key");
    }
    ready(&server);
    while signals.next().await == Effect::Reload {
        if let Err(error) = server.reload_keys() {
            tracing::error!(%error, "failed to reload the keys; the previous keys stay in use");
        }
    }
    tracing::info!("stopping");
    tokio::select! {
        () = server.shutdown() => {}
        // A second signal aborts the remaining requests.
        () = signals.stop() => {}
    }
    Ok(())
}

/// Resolves a host and a port. Prefers an IPv4 address, because clients that use 127.0.0.1 cannot reach a server that
/// listens on ::1.
async fn resolve(listen: &str) -> Result<SocketAddr, StartError> {
    let failed = |reason: &str| {
        StartError::new(format!(
            "failed to resolve the address '{listen}': {reason}; check --listen"
        ))
    };
    let found = tokio::net::lookup_host(listen).await;
    let addresses = found.map_err(|error| failed(&error.to_string()))?;
    let preferred = addresses.min_by_key(SocketAddr::is_ipv6);
    preferred.ok_or_else(|| failed("the host has no address"))
}

fn builder(args: ServeArgs) -> Result<ServerBuilder, StartError> {
    let mut builder = Server::builder();
    let limits = &mut builder.limits;
    if let Some(connections) = args.max_connections {
        limits.connections = connections as usize;
    }
    if let Some(seconds) = args.shutdown_seconds {
        limits.shutdown_time = Duration::from_secs(seconds.into());
    }
    if let Some(database) = args.database {
        builder.database = database;
    }
    let admin_key = args.admin_key.map(|key| (Role::Admin, key));
    let admin_file = args.admin_keys.map(|file| (Role::Admin, file));
    let project_file = args.project_keys.map(|file| (Role::Project, file));
    builder.keys.keys.extend(admin_key);
    builder
        .keys
        .files
        .extend(admin_file.into_iter().chain(project_file));
    builder.tls = args.tls_cert.zip(args.tls_key);
    builder.rate_limit = args.rate_limit;
    builder.faults = args.faults.then(Faults::by_header);
    if let Some(file) = &args.projects {
        builder.presets.projects = file::projects(file)?;
    }
    Ok(builder)
}
