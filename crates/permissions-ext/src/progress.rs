use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// How far a bulk call has got.
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

impl Progress {
    pub(crate) fn new(done: usize, total: usize, waiting: Option<Duration>) -> Self {
        Self {
            done,
            total,
            waiting,
        }
    }
}

/// The callback of `on_progress`.
#[derive(Clone, Default)]
pub(crate) struct OnProgress(Option<Arc<dyn Fn(&Progress) + Send + Sync>>);

impl OnProgress {
    pub(crate) fn new(callback: impl Fn(&Progress) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(callback)))
    }

    pub(crate) fn report(&self, progress: Progress) {
        if let Some(callback) = &self.0 {
            callback(&progress);
        }
    }
}

impl fmt::Debug for OnProgress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OnProgress")
            .field(&self.0.is_some())
            .finish()
    }
}
