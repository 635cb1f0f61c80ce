use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};

use futures_core::Stream;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::{Audit, Audited};
use crate::options::CallOptions;
use crate::{CheckpointId, Client, ProjectId};

/// The results of an audit, each as soon as it is there; made by [`Audit::stream`].
///
/// It ends when every checkpoint has its result. Dropping it stops whatever is under way.
#[must_use = "a stream does nothing unless it is polled"]
pub struct AuditStream {
    /// The mutex is never locked: it makes a stream that need not be `Sync` part of one that is.
    results: Mutex<Pin<Box<dyn Stream<Item = Audited> + Send>>>,
    left: usize,
}

impl AuditStream {
    pub(super) fn new(audit: Audit) -> Self {
        let left = audit.checkpoints.len();
        let Audit {
            client,
            checkpoints,
            project_id,
            concurrency,
            options,
        } = audit;
        let results = stream::iter(checkpoints)
            .map(move |checkpoint| {
                audited(
                    client.clone(),
                    checkpoint,
                    project_id.clone(),
                    options.clone(),
                )
            })
            .buffer_unordered(concurrency);
        Self {
            results: Mutex::new(Box::pin(results)),
            left,
        }
    }

    /// The next result, for loops without a stream library.
    pub async fn next(&mut self) -> Option<Audited> {
        poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }

    /// How many checkpoints have no result yet.
    #[must_use]
    pub fn left(&self) -> usize {
        self.left
    }
}

impl Stream for AuditStream {
    type Item = Audited;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let results = self
            .results
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner);
        let result = std::task::ready!(results.as_mut().poll_next(cx));
        if result.is_some() {
            self.left = self.left.saturating_sub(1);
        }
        Poll::Ready(result)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl fmt::Debug for AuditStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuditStream")
            .field("left", &self.left)
            .finish_non_exhaustive()
    }
}

async fn audited(
    client: Client,
    checkpoint: CheckpointId,
    project_id: Option<ProjectId>,
    options: CallOptions,
) -> Audited {
    let mut list = client.permissions(&checkpoint).list().options(options);
    if let Some(project_id) = project_id {
        list = list.project_id(project_id);
    }
    let result = list.stream().try_collect().await;
    Audited { checkpoint, result }
}
