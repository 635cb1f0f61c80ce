//! Signals that stop the server or reload its keys.

use crate::error::StartError;
use crate::server::Server;

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Ctrl-C and, on Unix, SIGTERM.
#[derive(Debug)]
pub(super) struct Stop {
    #[cfg(unix)]
    terminate: Signal,
    #[cfg(unix)]
    interrupt: Signal,
}

impl Stop {
    /// Registers the signal handlers. Signals that arrive before the call of [`Self::requested`] are queued.
    #[cfg(unix)]
    pub(super) fn new() -> Result<Self, StartError> {
        let register = |kind| {
            signal(kind)
                .map_err(|error| StartError::with_source("failed to register signals", error))
        };
        Ok(Self {
            terminate: register(SignalKind::terminate())?,
            interrupt: register(SignalKind::interrupt())?,
        })
    }

    #[cfg(not(unix))]
    pub(super) fn new() -> Result<Self, StartError> {
        Ok(Self {})
    }

    /// Waits for the next signal.
    pub(super) async fn requested(&mut self) {
        #[cfg(unix)]
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
        #[cfg(not(unix))]
        drop(tokio::signal::ctrl_c().await);
    }
}

/// Reloads the key files on every SIGHUP, until `stop` completes.
pub(super) async fn reload_until(server: &Server, stop: impl Future<Output = ()>) {
    #[cfg(unix)]
    let hang_up = signal(SignalKind::hangup()).ok();
    let reload = async {
        // If SIGHUP cannot be registered, the server still checks the key files every second.
        #[cfg(unix)]
        if let Some(mut hang_up) = hang_up {
            while hang_up.recv().await.is_some() {
                if let Err(error) = server.reload_keys() {
                    tracing::error!(%error, "the keys stay unchanged");
                }
            }
        }
        let _ = server;
        std::future::pending().await
    };
    tokio::select! {
        () = reload => {}
        () = stop => {}
    }
}
