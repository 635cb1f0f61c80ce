//! Serving from a command line.

mod args;
mod file;
mod log;
mod signals;

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use crate::error::StartError;
use crate::faults::Faults;
use crate::limits::Limits;
use crate::server::{Server, ServerBuilder};
pub use args::{LogFormat, ServeArgs};

/// The port when no address is given.
const PORT: u16 = 8080;

/// Serves until Ctrl-C or SIGTERM, then finishes what was accepted. SIGHUP reads the key files
/// again. `ready` is told the server once it listens.
///
/// Logs to stderr, unless the process has set up `tracing` already.
///
/// # Errors
///
/// If the server does not start; see [`StartError`].
pub async fn serve(args: ServeArgs, ready: impl FnOnce(&Server)) -> Result<(), StartError> {
    let args = file::complete(args)?;
    log::init(args.log_format.unwrap_or_default(), args.log.as_deref())?;
    // Each connection takes a descriptor, and systems start with few. What cannot be raised only
    // makes the server refuse connections earlier.
    let _ = rlimit::increase_nofile_limit(u64::MAX);

    let mut stop = signals::Stop::new()?;
    let server = builder(args).start().await?;
    if !server.address().ip().is_loopback() && server.base_url().starts_with("http:") {
        tracing::warn!("keys travel in clear text; give --tls-cert and --tls-key");
    }
    ready(&server);
    signals::reloading(&server, stop.requested()).await;
    tracing::info!("stopping");
    tokio::select! {
        () = server.shutdown() => {}
        // Asked twice, it does not wait for anybody.
        () = stop.requested() => {}
    }
    Ok(())
}

fn builder(args: ServeArgs) -> ServerBuilder {
    let mut limits = Limits::default();
    if let Some(connections) = args.max_connections {
        limits.connections = connections as usize;
    }
    if let Some(seconds) = args.shutdown_seconds {
        limits.shutdown_time = Duration::from_secs(seconds.into());
    }
    let listen = args
        .listen
        .unwrap_or(SocketAddr::from((Ipv4Addr::LOCALHOST, PORT)));
    let mut builder = Server::builder().bind(listen).limits(limits);
    if let Some(database) = args.database {
        builder = builder.database(database);
    }
    if let Some(key) = args.admin_key {
        builder = builder.admin_key(key);
    }
    if let Some(file) = args.admin_keys {
        builder = builder.admin_key_file(file);
    }
    if let Some(file) = args.project_keys {
        builder = builder.project_key_file(file);
    }
    if let (Some(certificate), Some(key)) = (args.tls_cert, args.tls_key) {
        builder = builder.tls(certificate, key);
    }
    if let Some(requests) = args.rate_limit {
        builder = builder.rate_limit(requests);
    }
    if args.faults {
        builder = builder.faults(Faults::by_header());
    }
    builder
}
