use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

/// The progress of a bulk call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// Number of finished checkpoints, changes or batches.
    pub done: usize,
    /// Number of checkpoints, changes or batches in total.
    pub total: usize,
    /// Remaining time until the next request, if the API asked to wait.
    pub waiting: Option<Duration>,
}

/// An optional callback that receives a reference to a value.
pub(crate) struct Callback<T>(Option<Arc<Function<T>>>);

type Function<T> = dyn Fn(&T) + Send + Sync;

impl<T> Callback<T> {
    pub(crate) fn new(callback: impl Fn(&T) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(callback)))
    }

    pub(crate) fn call(&self, value: &T) {
        if let Some(callback) = &self.0 {
            callback(value);
        }
    }
}

impl<T> Default for Callback<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> Clone for Callback<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> fmt::Debug for Callback<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Callback({})", self.0.is_some())
    }
}

/// The progress of one bulk call, which all requests of the call share.
///
/// The rate limiter treats a request as part of a bulk call if the options of the request contain this value.
pub(crate) struct BulkProgress {
    callback: Callback<Progress>,
    done: AtomicUsize,
    total: AtomicUsize,
    started_at: Instant,
    stop: watch::Sender<bool>,
}

impl BulkProgress {
    pub(crate) fn new(callback: Callback<Progress>, total: usize) -> Self {
        Self {
            callback,
            done: AtomicUsize::new(0),
            total: AtomicUsize::new(total),
            started_at: Instant::now(),
            stop: watch::Sender::new(false),
        }
    }

    /// Sets the total number of steps, for calls that know the total only after the start.
    pub(crate) fn set_total(&self, total: usize) {
        self.total.store(total, Ordering::Relaxed);
    }

    /// Returns the number of finished steps.
    pub(crate) fn done(&self) -> usize {
        self.done.load(Ordering::Relaxed)
    }

    /// Returns the time since the start.
    pub(crate) fn elapsed(&self) -> Duration {
        self.started_at.elapsed()
    }

    /// Counts a finished step and reports the progress.
    pub(crate) fn advance(&self) {
        self.done.fetch_add(1, Ordering::Relaxed);
        self.report(None);
    }

    /// Reports the time until the next request, because the API asked to wait.
    pub(crate) fn report_wait(&self, wait: Duration) {
        self.report(Some(wait));
    }

    /// Ends the waits of the call. Requests that have been sent are not affected.
    pub(crate) fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// Returns whether [`stop`](Self::stop) was called.
    pub(crate) fn is_stopped(&self) -> bool {
        *self.stop.borrow()
    }

    /// Waits until [`stop`](Self::stop) is called.
    pub(crate) async fn stopped(&self) {
        // Fails only if the sender was dropped, but `self` owns the sender.
        let _ = self.stop.subscribe().wait_for(|stopped| *stopped).await;
    }

    fn report(&self, waiting: Option<Duration>) {
        self.callback.call(&Progress {
            done: self.done(),
            total: self.total.load(Ordering::Relaxed),
            waiting,
        });
    }
}
