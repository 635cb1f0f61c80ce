//! Requests that belong to one bulk call: a plan, an apply or an audit.

use std::future::Future;
use std::sync::Arc;

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

    /// Returns the options of a request that ends with this call.
    pub(crate) fn options(&self) -> RequestOptions {
        RequestOptions {
            deadline: self.deadline.left(),
            ..self.options.clone()
        }
    }

    /// Lists the permissions of a checkpoint, which is one step of the call.
    pub(crate) async fn list(&self, checkpoint: &CheckpointId) -> Result<Vec<Permission>, Error> {
        self.list_with(checkpoint, |list| list).await
    }

    /// Lists the permissions of a checkpoint with other settings than the default.
    pub(crate) async fn list_with(
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
        let permissions = list.stream_within(&self.options, self.deadline);
        let result = permissions.try_collect().await;
        self.progress.advance();
        result
    }

    /// Runs futures concurrently and returns their results in order.
    pub(crate) async fn run<F: Future>(&self, futures: Vec<F>) -> Vec<F::Output> {
        let numbered = (0..).zip(futures);
        let mut results: Vec<(usize, F::Output)> =
            stream::iter(numbered.map(|(index, future)| async move { (index, future.await) }))
                .buffer_unordered(self.concurrency)
                .collect()
                .await;
        results.sort_by_key(|(index, _)| *index);
        results.into_iter().map(|(_, result)| result).collect()
    }

    /// Lists the permissions of many checkpoints. Fails with the first error.
    pub(crate) async fn list_all(
        &self,
        checkpoints: impl IntoIterator<Item = &CheckpointId>,
    ) -> Result<Vec<Vec<Permission>>, Error> {
        let lists: Vec<_> = checkpoints.into_iter().map(|it| self.list(it)).collect();
        stream::iter(lists)
            .buffered(self.concurrency)
            .try_collect()
            .await
    }
}
