use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};

use futures_core::Stream;
use futures_util::{StreamExt as _, stream};

use super::{Audit, AuditProgress, Audited, OnProgress};
use crate::transport::Deadline;
use crate::{CheckpointId, Error, PageStream, Permission, Permissions};

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
    pub(super) fn new(mut audit: Audit) -> Self {
        let checkpoints = std::mem::take(&mut audit.checkpoints);
        let (left, concurrency) = (checkpoints.len(), audit.concurrency);
        let deadline = audit.client.transport().deadline(&audit.options);
        let results = stream::iter(checkpoints)
            .map(move |checkpoint| Reading::new(&audit, checkpoint, deadline).read())
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

/// One checkpoint that is being read.
struct Reading {
    checkpoint: CheckpointId,
    pages: PageStream,
    on_progress: Option<OnProgress>,
}

impl Reading {
    fn new(audit: &Audit, checkpoint: CheckpointId, deadline: Deadline) -> Self {
        // Whatever comes is taken at once, so there is nothing to gain by fetching ahead.
        let permissions = Permissions::new(audit.client.clone(), checkpoint.clone());
        let mut list = permissions.list().prefetch(false);
        if let Some(project_id) = &audit.project_id {
            list = list.project_id(project_id.clone());
        }
        if let Some(page_size) = audit.page_size {
            list = list.page_size(page_size);
        }
        Self {
            checkpoint,
            pages: list.pages_within(&audit.options, deadline),
            on_progress: audit.on_progress.clone(),
        }
    }

    async fn read(mut self) -> Audited {
        self.tell(AuditProgress::Started {
            checkpoint: &self.checkpoint,
        });
        let result = self.read_pages().await;
        self.tell(AuditProgress::Finished {
            checkpoint: &self.checkpoint,
            result: result.as_ref().map(Vec::len),
        });
        Audited {
            checkpoint: self.checkpoint,
            result,
        }
    }

    async fn read_pages(&mut self) -> Result<Vec<Permission>, Error> {
        let mut permissions = Vec::new();
        while let Some(page) = self.pages.next().await {
            permissions.extend(page?.into_data());
            self.tell(AuditProgress::Page {
                checkpoint: &self.checkpoint,
                permissions: permissions.len(),
            });
        }
        Ok(permissions)
    }

    fn tell(&self, progress: AuditProgress<'_>) {
        if let Some(report) = &self.on_progress {
            report(progress);
        }
    }
}
