//! Audit: who has access to what, over many checkpoints at once.

mod drift;
mod matrix;
mod progress;
mod report;
mod running;

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

pub use self::drift::{CheckpointDrift, Drift, DriftRow, DriftState};
pub use self::matrix::{Access, Matrix, MatrixRow};
pub use self::progress::AuditProgress;
pub use self::report::{Audited, Report, ReportRow};
pub use self::running::AuditStream;
use crate::options::RequestOptions;
use crate::{CheckpointId, Client, ProjectId};

/// How many checkpoints are read at a time unless set.
const CONCURRENCY: usize = 16;

type OnProgress = Arc<dyn Fn(AuditProgress<'_>) + Send + Sync>;

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
#[derive(Clone)]
#[must_use = "nothing is read before `send` or `stream`"]
pub struct Audit {
    client: Client,
    checkpoints: Vec<CheckpointId>,
    project_id: Option<ProjectId>,
    page_size: Option<u32>,
    concurrency: usize,
    on_progress: Option<OnProgress>,
    options: RequestOptions,
}

/// Audits.
impl Client {
    /// Lists the permissions of many checkpoints at once, each with a result of its own.
    pub fn audit(&self, checkpoints: impl IntoIterator<Item = CheckpointId>) -> Audit {
        Audit::new(self.clone(), checkpoints)
    }
}

impl Audit {
    fn new(client: Client, checkpoints: impl IntoIterator<Item = CheckpointId>) -> Self {
        let mut seen = HashSet::new();
        let checkpoints = checkpoints
            .into_iter()
            .filter(|checkpoint| seen.insert(checkpoint.clone()))
            .collect();
        Self {
            client,
            checkpoints,
            project_id: None,
            page_size: None,
            concurrency: CONCURRENCY,
            on_progress: None,
            options: RequestOptions::default(),
        }
    }

    /// Lists the permissions of this project alone.
    pub fn project_id(mut self, project_id: ProjectId) -> Self {
        self.project_id = Some(project_id);
        self
    }

    /// How many permissions the API is asked for at a time; 100 unless set.
    pub fn page_size(mut self, permissions: u32) -> Self {
        self.page_size = Some(permissions);
        self
    }

    /// How many checkpoints are read at a time, each with one request after the other; at least 1, and 16 unless set.
    ///
    /// There are never more requests under way than this, and never fewer while a checkpoint is left to begin with.
    pub fn concurrency(mut self, requests: usize) -> Self {
        self.concurrency = requests.max(1);
        self
    }

    /// Called when a checkpoint is begun, with each of its pages, and when it has its result.
    pub fn on_progress(
        mut self,
        report: impl Fn(AuditProgress<'_>) + Send + Sync + 'static,
    ) -> Self {
        self.on_progress = Some(Arc::new(report));
        self
    }

    /// Checkpoint by checkpoint, as each is read: for results too large to keep.
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

impl fmt::Debug for Audit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Audit")
            .field("checkpoints", &self.checkpoints)
            .field("project_id", &self.project_id)
            .field("concurrency", &self.concurrency)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}
