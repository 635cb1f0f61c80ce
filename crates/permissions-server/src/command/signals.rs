//! Signals: stop, and read the keys again.

use crate::error::StartError;
use crate::server::Server;

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Ctrl-C and, where there is one, SIGTERM.
#[derive(Debug)]
pub(super) struct Stop {
    #[cfg(unix)]
    interrupt: Signal,
    #[cfg(unix)]
    terminate: Signal,
}

#[cfg(unix)]
impl Stop {
    /// Takes the signals from now on: one that comes while the server starts is not lost.
    pub(super) fn new() -> Result<Self, StartError> {
        let take = |kind| {
            signal(kind)
                .map_err(|error| StartError::with_source("failed to listen for signals", error))
        };
        Ok(Self {
            interrupt: take(SignalKind::interrupt())?,
            terminate: take(SignalKind::terminate())?,
        })
    }

    pub(super) async fn requested(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// Reads the key files again at every SIGHUP, until `stop` completes.
#[cfg(unix)]
pub(super) async fn reloading(server: &Server, stop: impl Future<Output = ()>) {
    let hang_up = async {
        // Without it, changed files are still taken; only not at a signal.
        let Ok(mut hang_up) = signal(SignalKind::hangup()) else {
            return std::future::pending().await;
        };
        while hang_up.recv().await.is_some() {
            if let Err(error) = server.reload_keys() {
                tracing::error!(%error, "the keys stay as they were");
            }
        }
    };
    tokio::select! {
        () = hang_up => {}
        () = stop => {}
    }
}

#[cfg(not(unix))]
impl Stop {
    pub(super) fn new() -> Result<Self, StartError> {
        Ok(Self {})
    }

    pub(super) async fn requested(&mut self) {
        // Without a handler the system ends the process by itself.
        drop(tokio::signal::ctrl_c().await);
    }
}

#[cfg(not(unix))]
pub(super) async fn reloading(_: &Server, stop: impl Future<Output = ()>) {
    stop.await;
}
