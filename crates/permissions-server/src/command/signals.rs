//! Signals that stop the server or reload its keys.

use crate::error::StartError;
use crate::server::Server;

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Ctrl-C and, on Unix, SIGTERM.
#[derive(Debug)]
pub(super) struct Stop {
    #[cfg(unix)]
    interrupt: Signal,
    #[cfg(unix)]
    terminate: Signal,
}

#[cfg(unix)]
impl Stop {
    /// Registers the signals. A signal that arrives before [`Self::requested`] is not lost.
    pub(super) fn new() -> Result<Self, StartError> {
        let register = |kind| {
            signal(kind)
                .map_err(|error| StartError::with_source("failed to register signals", error))
        };
        Ok(Self {
            interrupt: register(SignalKind::interrupt())?,
            terminate: register(SignalKind::terminate())?,
        })
    }

    /// Waits for the next signal.
    pub(super) async fn requested(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// Reloads the key files on every SIGHUP, until `stop` completes.
#[cfg(unix)]
pub(super) async fn reload_until(server: &Server, stop: impl Future<Output = ()>) {
    let reload = async {
        // Without the signal, the server still checks the files every second.
        let Ok(mut hang_up) = signal(SignalKind::hangup()) else {
            return std::future::pending().await;
        };
        while hang_up.recv().await.is_some() {
            if let Err(error) = server.reload_keys() {
                tracing::error!(%error, "the keys stay unchanged");
            }
        }
    };
    tokio::select! {
        () = reload => {}
        () = stop => {}
    }
}

#[cfg(not(unix))]
impl Stop {
    pub(super) fn new() -> Result<Self, StartError> {
        Ok(Self {})
    }

    pub(super) async fn requested(&mut self) {
        // Without a handler, Ctrl-C ends the process.
        drop(tokio::signal::ctrl_c().await);
    }
}

#[cfg(not(unix))]
pub(super) async fn reload_until(_: &Server, stop: impl Future<Output = ()>) {
    stop.await;
}
