use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use crate::action::Action;
use crate::error::Error;
use crate::metadata::Metadata;
use crate::model::CheckpointId;

/// An event of a call, for metrics and logs. Pass a callback to
/// [`ClientBuilder::observer`](crate::ClientBuilder::observer) to receive events.
///
/// Events contain no secret.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// An attempt succeeded.
    #[non_exhaustive]
    Succeeded {
        /// `list`, `list_projects`, `create` or `delete`.
        operation: &'static str,
        /// The checkpoint of the call. `None` if the call lists projects.
        checkpoint: Option<&'a CheckpointId>,
        /// Time between sending the request and the decoded response.
        elapsed: Duration,
        /// Request id, rate limit and number of failed attempts.
        metadata: &'a Metadata,
    },
    /// An attempt failed.
    #[non_exhaustive]
    Failed {
        /// `list`, `list_projects`, `create` or `delete`.
        operation: &'static str,
        /// The checkpoint of the call. `None` if the call lists projects.
        checkpoint: Option<&'a CheckpointId>,
        /// Time between sending the request and the failure.
        elapsed: Duration,
        /// The error of the attempt.
        error: &'a Error,
        /// Number of failed attempts of the call so far.
        failures: u32,
        /// Wait before the next attempt. `None` if there is no next attempt.
        delay: Option<Duration>,
    },
    /// A page of a list was read.
    #[non_exhaustive]
    Page {
        /// The checkpoint whose permissions are listed. `None` for a list of projects.
        checkpoint: Option<&'a CheckpointId>,
        /// Number of permissions or projects on the page.
        items: usize,
        /// Whether the API has more pages.
        has_more: bool,
    },
}

/// The callback that receives events, if there is one.
#[derive(Clone, Default)]
pub(crate) struct Observer(Option<Arc<Observe>>);

type Observe = dyn Fn(&Event<'_>) + Send + Sync;

impl Observer {
    pub(crate) fn new(observe: impl Fn(&Event<'_>) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(observe)))
    }

    /// Returns whether there is a callback. Without one, callers need not create an event.
    pub(crate) fn is_set(&self) -> bool {
        self.0.is_some()
    }

    /// Passes an event to the callback. Fails if the callback panics.
    pub(crate) fn notify(
        &self,
        event: &Event<'_>,
        action: impl FnOnce() -> Action,
    ) -> Result<(), Error> {
        let Some(observe) = &self.0 else {
            return Ok(());
        };
        catch_unwind(AssertUnwindSafe(|| observe(event)))
            .map_err(|payload| Error::panicked(action(), "the observer", &*payload))
    }
}
