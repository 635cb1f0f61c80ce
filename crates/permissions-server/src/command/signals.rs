//! Signals that stop the server or reload its keys.

use crate::error::StartError;

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The effect of a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    /// Ctrl-C or SIGTERM.
    Stop,
    /// SIGHUP.
    #[cfg_attr(not(unix), expect(dead_code, reason = "only Unix has SIGHUP"))]
    Reload,
}

/// The registered signals. Signals that arrive before [`Self::next`] is called are queued.
#[derive(Debug)]
pub(super) struct Signals {
    #[cfg(unix)]
    terminate: Signal,
    #[cfg(unix)]
    interrupt: Signal,
    #[cfg(unix)]
    hang_up: Signal,
}

impl Signals {
    #[cfg(unix)]
    pub(super) fn register() -> Result<Self, StartError> {
        let register = |kind| {
            signal(kind)
                .map_err(|error| StartError::new(format!("failed to register signals: {error}")))
        };
        Ok(Self {
            terminate: register(SignalKind::terminate())?,
            interrupt: register(SignalKind::interrupt())?,
            hang_up: register(SignalKind::hangup())?,
        })
    }

    #[cfg(not(unix))]
    pub(super) fn register() -> Result<Self, StartError> {
        Ok(Self {})
    }

    /// Waits for the next signal.
    #[cfg(unix)]
    pub(super) async fn next(&mut self) -> Effect {
        tokio::select! {
            _ = self.terminate.recv() => Effect::Stop,
            _ = self.interrupt.recv() => Effect::Stop,
            _ = self.hang_up.recv() => Effect::Reload,
        }
    }

    #[cfg(not(unix))]
    pub(super) async fn next(&mut self) -> Effect {
        drop(tokio::signal::ctrl_c().await);
        Effect::Stop
    }

    /// Waits for the next signal that stops the server.
    pub(super) async fn stop(&mut self) {
        while self.next().await != Effect::Stop {}
    }
}
