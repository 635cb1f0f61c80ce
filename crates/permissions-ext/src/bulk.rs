//! Requests that belong to one bulk call: a plan, an apply or an audit.

use std::future::Future;
use std::sync::Arc;

use futures_core::Stream;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use crate::action::Action;
use crate::client::Client;
use crate::error::{Error, ErrorKind};
use crate::list::List;
use crate::model::{CheckpointId, Permission};
use crate::options::RequestOptions;
use crate::permissions::Permissions;
use crate::progress::{BulkProgress, OnProgress};
use crate::transport::Deadline;

/// The client, options, deadline and progress that all requests of a bulk call share.
pub(crate) struct Bulk {
    client: Client,
    options: RequestOptions,
    deadline: Deadline,
    concurrency: usize,
    pub(crate) progress: Arc<BulkProgress>,
}

impl Bulk {
    /// Starts a call of `total` steps.
    pub(crate) fn new(
        client: Client,
        options: RequestOptions,
        concurrency: usize,
        on_progress: OnProgress,
        total: usize,
    ) -> Self {
        let progress = Arc::new(BulkProgress::new(on_progress, total));
        Self {
            deadline: client.transport().deadline(&options),
            options: RequestOptions {
                bulk: Some(progress.clone()),
                ..options
            },
            client,
            concurrency,
            progress,
        }
    }

    pub(crate) fn permissions(&self, checkpoint: &CheckpointId) -> Permissions {
        Permissions::new(self.client.clone(), checkpoint.clone())
    }

    /// Returns the options of one request of this call, with the remaining time as its deadline.
    pub(crate) fn options(&self) -> RequestOptions {
        RequestOptions {
            deadline: self.deadline.left(),
            ..self.options.clone()
        }
    }

    /// Lists the permissions of a checkpoint and counts one step of progress. `settings` configures the list.
    pub(crate) async fn list(
        &self,
        checkpoint: &CheckpointId,
        settings: impl FnOnce(List) -> List,
    ) -> Result<Vec<Permission>, Error> {
        if self.progress.is_stopped() {
            let action = Action::List(checkpoint.clone());
            return Err(Error::new(
                ErrorKind::Cancelled,
                action,
                "the call was stopped",
            ));
        }
        // The permissions are collected at once, so fetching ahead would not save time.
        let list = settings(self.permissions(checkpoint).list()).prefetch(false);
        let result = list.pages_within(&self.options, self.deadline).all().await;
        self.progress.advance();
        result
    }

    /// Lists the permissions of many checkpoints. Fails with the first error.
    pub(crate) async fn list_all(
        &self,
        checkpoints: Vec<&CheckpointId>,
    ) -> Result<Vec<Vec<Permission>>, Error> {
        let lists = self.start(checkpoints.len(), |index| {
            self.list(checkpoints[index], |list| list)
        });
        let lists = lists.map(|(index, list)| list.map(|list| (index, list)));
        Ok(in_order(lists.try_collect().await?))
    }

    /// Runs a number of futures concurrently and returns their results in order.
    pub(crate) async fn run<F: Future>(
        &self,
        count: usize,
        create: impl FnMut(usize) -> F,
    ) -> Vec<F::Output> {
        in_order(self.start(count, create).collect().await)
    }

    /// Runs futures concurrently. Creates each future only when it starts, which limits memory: a plan may have 90,000
    /// changes.
    fn start<F: Future>(
        &self,
        count: usize,
        mut create: impl FnMut(usize) -> F,
    ) -> impl Stream<Item = (usize, F::Output)> {
        let futures = stream::iter(0..count).map(move |index| {
            let future = create(index);
            async move { (index, future.await) }
        });
        futures.buffer_unordered(self.concurrency)
    }
}

fn in_order<T>(mut results: Vec<(usize, T)>) -> Vec<T> {
    results.sort_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}
