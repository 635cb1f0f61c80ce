//! Ctrl-C and SIGTERM. Most commands stop at once; `apply` first finishes the requests in flight.

use std::cell::Cell;

use tokio::sync::watch;

/// Counts the signals that ask the command to stop.
pub(crate) struct Interrupt {
    signals: watch::Sender<usize>,
    /// Number of signals after which the command stops at once.
    limit: Cell<usize>,
}

impl Interrupt {
    pub(crate) fn new() -> Self {
        Self {
            signals: watch::Sender::new(0),
            limit: Cell::new(1),
        }
    }

    /// Returns a future that is ready after the first signal. From now on, only the second signal stops the command
    /// at once.
    pub(crate) fn graceful(&self) -> impl Future<Output = ()> + Send + 'static {
        self.limit.set(2);
        let mut signals = self.signals.subscribe();
        async move {
            // `wait_for` fails only if the sender is dropped, and the sender lives longer than the command.
            let _ = signals.wait_for(|count| *count > 0).await;
        }
    }

    /// Waits for the signal that stops the command at once. If the first signal lets the command finish the requests in
    /// flight, calls `finishing` and waits for the second signal.
    ///
    /// The handlers are installed when the future is polled for the first time. Until then, a signal ends the process.
    pub(crate) async fn at_once(&self, finishing: impl Fn()) {
        #[cfg(unix)]
        let terminate = tokio::signal::unix::SignalKind::terminate();
        #[cfg(unix)]
        let Ok(mut terminate) = tokio::signal::unix::signal(terminate) else {
            // Without a handler, the signal ends the process.
            return std::future::pending().await;
        };
        loop {
            #[cfg(unix)]
            let terminated = terminate.recv();
            #[cfg(not(unix))]
            let terminated = std::future::pending::<()>();
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminated => {}
            }
            self.signals.send_modify(|count| *count += 1);
            if *self.signals.borrow() >= self.limit.get() {
                return;
            }
            finishing();
        }
    }
}
