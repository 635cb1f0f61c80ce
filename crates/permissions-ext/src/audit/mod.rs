//! Audit: who has access to what, over many checkpoints at once.

mod report;
mod running;

use std::collections::HashSet;

pub use self::report::{Audited, Report};
pub use self::running::AuditStream;
use crate::options::CallOptions;
use crate::{CheckpointId, Client, ProjectId};

/// How many checkpoints are read at a time unless set.
const CONCURRENCY: usize = 16;

/// Many checkpoints to be listed; [`send`](Self::send) for a report, [`stream`](Self::stream) for one at a time.
///
/// Each checkpoint has a result of its own: one that is gone does not sink the rest.
///
/// ```
/// # async fn run(client: permissions_ext::Client, checkpoints: Vec<permissions_ext::CheckpointId>) {
/// let report = client.audit(checkpoints).concurrency(32).send().await;
/// for (checkpoint, error) in report.failures() {
///     eprintln!("{checkpoint}: {error}");
/// }
/// for project in report.projects() {
///     println!("{project} has access to {} checkpoints", report.checkpoints_of(project).count());
/// }
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is read before `send` or `stream`"]
pub struct Audit {
    client: Client,
    checkpoints: Vec<CheckpointId>,
    project_id: Option<ProjectId>,
    concurrency: usize,
    options: CallOptions,
}

impl Audit {
    pub(crate) fn new(client: Client, checkpoints: impl IntoIterator<Item = CheckpointId>) -> Self {
        let mut seen = HashSet::new();
        let checkpoints = checkpoints
            .into_iter()
            .filter(|checkpoint| seen.insert(checkpoint.clone()))
            .collect();
        Self {
            client,
            checkpoints,
            project_id: None,
            concurrency: CONCURRENCY,
            options: CallOptions::new(),
        }
    }

    /// Lists the permissions of this project alone.
    pub fn project_id(mut self, project_id: ProjectId) -> Self {
        self.project_id = Some(project_id);
        self
    }

    /// How many checkpoints are read at a time, at least 1; 16 unless set.
    pub fn concurrency(mut self, requests: usize) -> Self {
        self.concurrency = requests.max(1);
        self
    }

    /// Headers, time-outs and the like for each request; a deadline is for each checkpoint.
    pub fn options(mut self, options: CallOptions) -> Self {
        self.options = options;
        self
    }

    /// Checkpoint by checkpoint, as each is read: for progress, and for results too large to keep.
    pub fn stream(self) -> AuditStream {
        AuditStream::new(self)
    }

    /// Reads all checkpoints.
    pub async fn send(self) -> Report {
        let order = self.checkpoints.clone();
        let mut stream = self.stream();
        let mut results = Vec::with_capacity(order.len());
        while let Some(result) = stream.next().await {
            results.push(result);
        }
        Report::new(&order, results)
    }
}
