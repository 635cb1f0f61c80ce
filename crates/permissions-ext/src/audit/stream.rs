use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};

use super::{Audit, CheckpointAudit};
use crate::action::Action;
use crate::bulk::Bulk;
use crate::error::Error;

/// A stream of the results of an audit, returned by [`Audit::stream`].
///
/// An item is an error only if an argument is invalid. It is then the only item. If a checkpoint cannot be read, its
/// [`CheckpointAudit`] contains the error. Dropping the stream cancels all requests.
#[must_use = "a stream does nothing unless it is polled"]
pub struct AuditStream {
    /// The mutex is never locked. It makes the stream `Sync` although its futures may not be.
    results: Mutex<BoxStream<'static, Result<CheckpointAudit, Error>>>,
    left: usize,
}

impl AuditStream {
    pub(super) fn new(audit: Audit) -> Self {
        let Audit {
            client,
            checkpoints,
            project_id,
            page_size,
            concurrency,
            on_progress,
            options,
        } = audit;
        if let Err(error) = options.check(|| Action::Audit) {
            return Self {
                results: Mutex::new(Box::pin(stream::iter([Err(error)]))),
                left: 0,
            };
        }
        let left = checkpoints.len();
        // Created when the stream is first polled, because the deadline starts at that time.
        let bulk = async move { Bulk::new(client, options, concurrency, on_progress, left) };
        let results = stream::once(bulk).flat_map(move |bulk| {
            let (bulk, project_id) = (Arc::new(bulk), project_id.clone());
            let audits = stream::iter(checkpoints.clone()).map(move |checkpoint| {
                let (bulk, project_id) = (bulk.clone(), project_id.clone());
                async move {
                    let list = bulk.list(&checkpoint, |mut list| {
                        if let Some(project_id) = project_id {
                            list = list.project_id(project_id);
                        }
                        match page_size {
                            Some(page_size) => list.page_size(page_size),
                            None => list,
                        }
                    });
                    let result = list.await;
                    Ok(CheckpointAudit { checkpoint, result })
                }
            });
            audits.buffer_unordered(concurrency)
        });
        Self {
            results: Mutex::new(Box::pin(results)),
            left,
        }
    }

    /// Returns the next result, for loops in programs that do not depend on `futures`.
    pub async fn next(&mut self) -> Option<Result<CheckpointAudit, Error>> {
        poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }

    /// Returns the number of checkpoints without a result.
    #[must_use]
    pub fn left(&self) -> usize {
        self.left
    }
}

impl Stream for AuditStream {
    type Item = Result<CheckpointAudit, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let results = self
            .results
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner);
        let result = ready!(results.as_mut().poll_next(cx));
        if result.is_some() {
            self.left = self.left.saturating_sub(1);
        }
        Poll::Ready(result)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, None)
    }
}

impl fmt::Debug for AuditStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuditStream")
            .field("left", &self.left)
            .finish_non_exhaustive()
    }
}
