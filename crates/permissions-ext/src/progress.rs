use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Notify;
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

/// The callback of `on_progress`.
#[derive(Clone, Default)]
pub(crate) struct OnProgress(Option<Arc<Callback>>);

type Callback = dyn Fn(&Progress) + Send + Sync;

impl OnProgress {
    pub(crate) fn new(callback: impl Fn(&Progress) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(callback)))
    }
}

impl fmt::Debug for OnProgress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OnProgress")
            .field(&self.0.is_some())
            .finish()
    }
}

/// The progress of one bulk call, which all of its requests share.
///
/// A request with this value in its options waits for the rate limit as a part of a bulk call.
pub(crate) struct BulkProgress {
    callback: OnProgress,
    done: AtomicUsize,
    total: AtomicUsize,
    started_at: Instant,
    stopped: AtomicBool,
    on_stop: Notify,
}

impl BulkProgress {
    pub(crate) fn new(callback: OnProgress, total: usize) -> Self {
        Self {
            callback,
            done: AtomicUsize::new(0),
            total: AtomicUsize::new(total),
            started_at: Instant::now(),
            stopped: AtomicBool::new(false),
            on_stop: Notify::new(),
        }
    }

    /// Replaces the number of steps, if it is only known after the start.
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

    /// Counts a finished step and reports it.
    pub(crate) fn advance(&self) {
        self.done.fetch_add(1, Ordering::Relaxed);
        self.report(None);
    }

    /// Reports that no request is sent for this long, because the API asked to wait.
    pub(crate) fn report_wait(&self, wait: Duration) {
        self.report(Some(wait));
    }

    /// Ends the waits of the call. Requests that have been sent are not affected.
    pub(crate) fn stop(&self) {
        self.stopped.store(true, Ordering::SeqCst);
        self.on_stop.notify_waiters();
    }

    /// Whether [`stop`](Self::stop) was called.
    pub(crate) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::SeqCst)
    }

    /// Waits until [`stop`](Self::stop) is called.
    pub(crate) async fn stopped(&self) {
        // Created before the check, so that it also notices a stop that happens in between.
        let notified = self.on_stop.notified();
        if !self.is_stopped() {
            notified.await;
        }
    }

    fn report(&self, waiting: Option<Duration>) {
        if let Some(callback) = &self.callback.0 {
            callback(&Progress {
                done: self.done(),
                total: self.total.load(Ordering::Relaxed),
                waiting,
            });
        }
    }
}
