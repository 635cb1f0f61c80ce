//! Audit: which projects may use which checkpoints, for many checkpoints at once.
//!
//! ```
//! # async fn run(client: permissions_ext::Client) -> Result<(), permissions_ext::Error> {
//! let checkpoints = [
//!     "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd",
//!     "ft:gpt-4o-mini-2024-07-18:org:maps:A1B2C3D4",
//! ];
//! let report = client.audit(checkpoints).concurrency(32).send().await?;
//! for (checkpoint, permission) in report.permissions() {
//!     println!("{} may use {checkpoint}", permission.project_id);
//! }
//! for (checkpoint, error) in report.failures() {
//!     eprintln!("{checkpoint}: {error}");
//! }
//! # Ok(())
//! # }
//! ```

mod drift;
mod report;
mod stream;

use std::collections::HashSet;

pub use self::drift::{CheckpointDrift, Drift, DriftState};
pub use self::report::{CheckpointAudit, Report};
pub use self::stream::AuditStream;
use crate::client::Client;
use crate::error::Error;
use crate::model::{CheckpointId, InvalidId, ProjectId};
use crate::options::{RequestOptions, request_options};
use crate::progress::{OnProgress, Progress};

/// Default number of checkpoints that are read concurrently. With a latency of 100 ms, 16 result in 160 requests per
/// second.
const CONCURRENCY: usize = 16;

/// A request that lists the permissions of many checkpoints.
#[derive(Clone, Debug)]
#[must_use = "nothing is read before `send` or `stream`"]
pub struct Audit {
    client: Client,
    checkpoints: Vec<CheckpointId>,
    project_id: Option<ProjectId>,
    page_size: Option<u32>,
    concurrency: usize,
    on_progress: OnProgress,
    options: RequestOptions,
}

impl Client {
    /// Lists the permissions of many checkpoints. Repeated checkpoints are read once.
    pub fn audit(
        &self,
        checkpoints: impl IntoIterator<Item: TryInto<CheckpointId, Error: Into<InvalidId>>>,
    ) -> Audit {
        let mut options = RequestOptions::default();
        let mut seen = HashSet::new();
        let mut unique = Vec::new();
        for checkpoint in checkpoints {
            match checkpoint.try_into() {
                Ok(checkpoint) if seen.insert(checkpoint.clone()) => unique.push(checkpoint),
                Ok(_) => {}
                Err(invalid) => options.reject(invalid.into()),
            }
        }
        Audit {
            client: self.clone(),
            checkpoints: unique,
            project_id: None,
            page_size: None,
            concurrency: CONCURRENCY,
            on_progress: OnProgress::default(),
            options,
        }
    }
}

request_options!(Audit);

impl Audit {
    /// Lists only the permissions of this project.
    pub fn project_id(
        mut self,
        project_id: impl TryInto<ProjectId, Error: Into<InvalidId>>,
    ) -> Self {
        match project_id.try_into() {
            Ok(id) => self.project_id = Some(id),
            Err(invalid) => self.options.reject(invalid.into()),
        }
        self
    }

    /// Sets the number of permissions per page. The default is 100.
    pub fn page_size(mut self, permissions: u32) -> Self {
        self.page_size = Some(permissions);
        self
    }

    /// Sets the number of checkpoints that are read concurrently, at least 1. The default is 16. Each checkpoint has at
    /// most one request at a time.
    pub fn concurrency(mut self, checkpoints: usize) -> Self {
        self.concurrency = checkpoints.max(1);
        self
    }

    /// Sets a callback for each checkpoint that has been read and each wait that the API asks for.
    pub fn on_progress(mut self, callback: impl Fn(&Progress) + Send + Sync + 'static) -> Self {
        self.on_progress = OnProgress::new(callback);
        self
    }

    /// Returns the result of each checkpoint as soon as it is available, for results that do not fit into memory.
    pub fn stream(self) -> AuditStream {
        AuditStream::new(self)
    }

    /// Lists the permissions of all checkpoints.
    ///
    /// # Errors
    ///
    /// Fails if an argument is invalid, before anything is sent. If a checkpoint cannot be read, the report contains
    /// its error.
    pub async fn send(self) -> Result<Report, Error> {
        let order = self.checkpoints.clone();
        let mut stream = self.stream();
        let mut results = Vec::with_capacity(order.len());
        while let Some(result) = stream.next().await {
            results.push(result?);
        }
        Ok(Report::new(&order, results))
    }
}
