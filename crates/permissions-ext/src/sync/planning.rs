use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::{CONCURRENCY, CheckpointPlan, Desired, Plan};
use crate::options::CallOptions;
use crate::transport::Deadline;
use crate::{CheckpointId, Client, Error, Permission};

/// A plan to be made; [`send`](Self::send) reads the live state and makes it.
#[derive(Clone, Debug)]
#[must_use = "nothing is read before `send`"]
pub struct Planning {
    client: Client,
    desired: Desired,
    concurrency: usize,
    options: CallOptions,
}

impl Planning {
    pub(crate) fn new(client: Client, desired: Desired) -> Self {
        Self {
            client,
            desired,
            concurrency: CONCURRENCY,
            options: CallOptions::new(),
        }
    }

    /// How many checkpoints are read at a time, at least 1; 8 unless set.
    pub fn concurrency(mut self, requests: usize) -> Self {
        self.concurrency = requests.max(1);
        self
    }

    /// Headers, time-outs and the like for each request; a deadline is for all of them together.
    pub fn options(mut self, options: CallOptions) -> Self {
        self.options = options;
        self
    }

    /// Reads the live state of every checkpoint and compares.
    ///
    /// # Errors
    ///
    /// Where the permissions of any checkpoint cannot be read: a plan on half the truth would be a wrong one.
    pub async fn send(self) -> Result<Plan, Error> {
        let deadline = self.client.transport().deadline(&self.options);
        let parts = self.desired.iter().map(|(checkpoint, projects)| async {
            let live = live(&self.client, checkpoint, &self.options, deadline).await?;
            Ok(CheckpointPlan::new(checkpoint.clone(), projects, live))
        });
        let parts: Vec<_> = parts.collect();
        stream::iter(parts)
            .buffer_unordered(self.concurrency)
            .try_collect()
            .await
            .map(Plan::new)
    }
}

/// Every permission of a checkpoint as it is now.
pub(super) async fn live(
    client: &Client,
    checkpoint: &CheckpointId,
    options: &CallOptions,
    deadline: Deadline,
) -> Result<Vec<Permission>, Error> {
    client
        .permissions(checkpoint)
        .list()
        .stream_until(options, deadline)
        .try_collect()
        .await
}
