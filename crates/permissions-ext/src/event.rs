use std::sync::Arc;
use std::time::Duration;

use crate::metadata::Metadata;
use crate::{CheckpointId, Error};

/// Something that happened on the way to a result; given to an observer, for metrics and logs of its own.
///
/// No event holds a secret.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// An attempt was answered as it should be.
    #[non_exhaustive]
    Answered {
        /// `list`, `create` or `delete`.
        operation: &'static str,
        /// The checkpoint it was about.
        checkpoint: &'a CheckpointId,
        /// From sending to the decoded answer.
        elapsed: Duration,
        /// Request id, rate limit, and how many attempts had failed before.
        metadata: &'a Metadata,
    },
    /// An attempt failed.
    #[non_exhaustive]
    Failed {
        /// `list`, `create` or `delete`.
        operation: &'static str,
        /// The checkpoint it was about.
        checkpoint: &'a CheckpointId,
        /// From sending to failing.
        elapsed: Duration,
        /// Why.
        error: &'a Error,
        /// How many attempts have failed by now.
        failures: u32,
        /// How long the client waits before the next one; none where there is no other.
        delay: Option<Duration>,
    },
    /// A page of a list was read.
    #[non_exhaustive]
    Page {
        /// The checkpoint whose permissions are listed.
        checkpoint: &'a CheckpointId,
        /// How many permissions it brought.
        items: usize,
        /// Whether the API has more.
        has_more: bool,
    },
}

/// Who is told of events.
#[derive(Clone, Default)]
pub(crate) struct Observer(Option<Arc<Observe>>);

type Observe = dyn Fn(&Event<'_>) + Send + Sync;

impl Observer {
    pub(crate) fn new(observe: impl Fn(&Event<'_>) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(observe)))
    }

    /// Whether anybody would be told.
    pub(crate) fn is_there(&self) -> bool {
        self.0.is_some()
    }

    pub(crate) fn tell(&self, event: &Event<'_>) {
        if let Some(observe) = &self.0 {
            observe(event);
        }
    }
}
