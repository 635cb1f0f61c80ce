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
use crate::progress::{BulkProgress, Callback, Progress};
use crate::transport::Deadline;

/// The options that all bulk calls have.
#[derive(Clone, Debug)]
pub(crate) struct BulkOptions {
    pub(crate) concurrency: usize,
    pub(crate) on_progress: Callback<Progress>,
}

impl BulkOptions {
    pub(crate) fn new(concurrency: usize) -> Self {
        Self {
            concurrency,
            on_progress: Callback::default(),
        }
    }
}

/// Adds the methods that set the options of a bulk call.
macro_rules! bulk_options {
    ($request:ty) => {
        impl $request {
            /// Sets the number of concurrent requests, at least 1. The default is 16 for an audit, and 8 for a plan and
            /// an apply.
            ///
            /// A plan and an audit send at most one request per checkpoint at a time.
            pub fn concurrency(mut self, requests: usize) -> Self {
                self.bulk.concurrency = requests.max(1);
                self
            }

            /// Sets a callback for each finished step and for each wait that the API asks for.
            ///
            /// The steps of a plan and of an audit are the checkpoints. The steps of an apply are the checkpoints,
            /// which are read first, and the changes.
            pub fn on_progress(
                mut self,
                callback: impl Fn(&crate::Progress) + Send + Sync + 'static,
            ) -> Self {
                self.bulk.on_progress = crate::progress::Callback::new(callback);
                self
            }
        }
    };
}

pub(crate) use bulk_options;

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
        bulk: BulkOptions,
        total: usize,
    ) -> Self {
        let progress = Arc::new(BulkProgress::new(bulk.on_progress, total));
        Self {
            deadline: client.transport().deadline(&options),
            options: RequestOptions {
                bulk: Some(progress.clone()),
                ..options
            },
            client,
            concurrency: bulk.concurrency,
            progress,
        }
    }

    pub(crate) fn permissions(&self, checkpoint: &CheckpointId) -> Permissions {
        Permissions::new(self.client.clone(), checkpoint.clone())
    }

    /// Returns the options of one request of this call.
    pub(crate) fn options(&self) -> RequestOptions {
        self.options.within(self.deadline)
    }

    /// Lists the permissions of a checkpoint and counts the list as one step. `configure` sets options of the list.
    pub(crate) async fn list(
        &self,
        checkpoint: &CheckpointId,
        configure: impl FnOnce(List) -> List,
    ) -> Result<Vec<Permission>, Error> {
        if self.progress.is_stopped() {
            let action = Action::List(checkpoint.clone());
            let reason = "the call was stopped before it sent the request";
            return Err(Error::new(ErrorKind::Cancelled, action, reason));
        }
        // The permissions are collected at once, so fetching ahead would not save time.
        let list = configure(self.permissions(checkpoint).list()).prefetch(false);
        let result = list.with_options(self.options()).all().await;
        self.progress.advance();
        result
    }

    /// Lists the permissions of many checkpoints, in order. Fails with the first error.
    pub(crate) async fn list_all(
        &self,
        checkpoints: Vec<&CheckpointId>,
    ) -> Result<Vec<Vec<Permission>>, Error> {
        let list = |index: usize| self.list(checkpoints[index], |list| list);
        self.run(checkpoints.len(), list).await
    }

    /// Runs a number of futures concurrently and returns their results in order. Fails with the first error.
    ///
    /// Each future is created only when it starts. This limits memory, because a plan may have 90,000 changes.
    pub(crate) async fn run<T, F: Future<Output = Result<T, Error>>>(
        &self,
        count: usize,
        mut create: impl FnMut(usize) -> F,
    ) -> Result<Vec<T>, Error> {
        let futures = stream::iter(0..count).map(|index| {
            let future = create(index);
            async move { Ok::<_, Error>((index, future.await?)) }
        });
        let results = futures.buffer_unordered(self.concurrency);
        let mut results: Vec<(usize, T)> = results.try_collect().await?;
        results.sort_by_key(|(index, _)| *index);
        Ok(results.into_iter().map(|(_, result)| result).collect())
    }
}
