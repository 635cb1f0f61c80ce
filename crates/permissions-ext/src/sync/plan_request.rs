use super::{CONCURRENCY, CheckpointPlan, DesiredState, Plan, Target};
use crate::action::Action;
use crate::bulk::Bulk;
use crate::client::Client;
use crate::error::Error;
use crate::options::{RequestOptions, request_options};
use crate::progress::{OnProgress, Progress};

/// A request that compares a desired state with the live state.
#[derive(Clone, Debug)]
#[must_use = "nothing is read before `send`"]
pub struct PlanRequest {
    client: Client,
    desired: DesiredState,
    concurrency: usize,
    on_progress: OnProgress,
    options: RequestOptions,
}

impl Client {
    /// Compares the desired state with the live state. Changes nothing.
    pub fn plan(&self, desired: DesiredState) -> PlanRequest {
        PlanRequest {
            client: self.clone(),
            desired,
            concurrency: CONCURRENCY,
            on_progress: OnProgress::default(),
            options: RequestOptions::default(),
        }
    }
}

request_options!(PlanRequest);

impl PlanRequest {
    /// Sets the number of concurrent requests, at least 1. The default is 8.
    pub fn concurrency(mut self, requests: usize) -> Self {
        self.concurrency = requests.max(1);
        self
    }

    /// Sets a callback for each checkpoint that has been read and each wait that the API asks for.
    pub fn on_progress(mut self, callback: impl Fn(&Progress) + Send + Sync + 'static) -> Self {
        self.on_progress = OnProgress::new(callback);
        self
    }

    /// Lists the permissions of every checkpoint of the desired state and returns the plan.
    ///
    /// # Errors
    ///
    /// Fails if the permissions of any checkpoint cannot be listed, because the plan would be incomplete.
    pub async fn send(self) -> Result<Plan, Error> {
        self.options.check(|| Action::Plan)?;
        let target = Target::new(&self.client, &self.options);
        let bulk = Bulk::new(
            self.client,
            self.options,
            self.concurrency,
            self.on_progress,
            self.desired.len(),
        );
        let checkpoints = self.desired.iter().map(|(checkpoint, _)| checkpoint);
        let live = bulk.list_all(checkpoints.collect()).await?;
        let parts = self.desired.iter().zip(live);
        let parts = parts.map(|((checkpoint, projects), live)| {
            CheckpointPlan::new(checkpoint.clone(), projects, live)
        });
        Ok(Plan::new(target, parts.collect()))
    }
}
