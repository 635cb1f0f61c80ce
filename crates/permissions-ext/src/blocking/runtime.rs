use std::future::Future;
use std::sync::{Arc, mpsc};

use crate::Error;
use crate::action::Action;
use crate::error::Kind;

/// The thread that does the work of a blocking client.
#[derive(Clone)]
pub(super) struct Runtime(Arc<Stopping>);

/// A runtime that may be dropped anywhere: tokio's own panics where that happens inside another runtime.
struct Stopping(Option<tokio::runtime::Runtime>);

impl Runtime {
    pub(super) fn start() -> Result<Self, Error> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("permissions-ext")
            .enable_all()
            .build()
            .map_err(|cause| {
                Error::config("the thread of a blocking client cannot be started")
                    .with_source(cause)
            })?;
        Ok(Self(Arc::new(Stopping(Some(runtime)))))
    }

    /// Waits for a future. It runs on the thread of its own, so this may be called inside another runtime.
    pub(super) fn run<T, F>(&self, future: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: Future<Output = T> + Send + 'static,
    {
        let lost = || {
            Error::new(
                Kind::Transport,
                Action::Configure,
                "the thread of the blocking client has stopped",
            )
        };
        let (sender, receiver) = mpsc::sync_channel(1);
        let runtime = self.0.0.as_ref().ok_or_else(lost)?;
        runtime.spawn(async move {
            // Nobody waits any more: then nobody misses the result.
            let _ = sender.send(future.await);
        });
        receiver.recv().map_err(|_| lost())
    }
}

impl Drop for Stopping {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
