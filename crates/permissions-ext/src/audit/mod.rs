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

use std::collections::HashSet;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_core::Stream;
use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt, TryFutureExt as _};
use sync_wrapper::SyncWrapper;

pub use self::drift::{CheckpointDrift, Drift, DriftState};
pub use self::report::{CheckpointAudit, Report};
use crate::action::Action;
use crate::bulk::{Bulk, BulkOptions, bulk_options};
use crate::client::Client;
use crate::error::Error;
use crate::list::List;
use crate::model::{CheckpointId, InvalidId, ProjectId};
use crate::options::{RequestOptions, request_options};

/// Default number of checkpoints that are read concurrently. With a latency of 100 ms, 16 concurrent requests are 160
/// requests per second.
const CONCURRENCY: usize = 16;

/// A request that lists the permissions of many checkpoints.
#[derive(Clone, Debug)]
#[must_use = "nothing is read before `send` or `stream`"]
pub struct Audit {
    client: Client,
    checkpoints: Vec<CheckpointId>,
    project_id: Option<ProjectId>,
    page_size: Option<u32>,
    bulk: BulkOptions,
    options: RequestOptions,
}

/// A stream of the results of an audit, returned by [`Audit::stream`].
///
/// An item is an error only if an argument is invalid. The error is then the only item. If a checkpoint cannot be read,
/// the [`CheckpointAudit`] of the checkpoint contains the error. Dropping the stream cancels all requests.
#[derive(Debug)]
#[must_use = "a stream does nothing unless it is polled"]
pub struct AuditStream(SyncWrapper<BoxStream<'static, Result<CheckpointAudit, Error>>>);

impl Client {
    /// Lists the permissions of many checkpoints. Repeated checkpoints are read once.
    pub fn audit(
        &self,
        checkpoints: impl IntoIterator<Item: TryInto<CheckpointId, Error: Into<InvalidId>>>,
    ) -> Audit {
        let mut options = RequestOptions::default();
        let mut seen = HashSet::new();
        let ids = checkpoints.into_iter();
        let ids = ids.filter_map(|checkpoint| options.id(checkpoint));
        Audit {
            client: self.clone(),
            checkpoints: ids.filter(|id| seen.insert(id.clone())).collect(),
            project_id: None,
            page_size: None,
            bulk: BulkOptions::new(CONCURRENCY),
            options,
        }
    }
}

request_options!(Audit);
bulk_options!(Audit);

impl Audit {
    /// Lists only the permissions of this project.
    pub fn project_id(
        mut self,
        project_id: impl TryInto<ProjectId, Error: Into<InvalidId>>,
    ) -> Self {
        self.project_id = self.options.id(project_id);
        self
    }

    /// Sets the number of permissions per page. The default is 100.
    pub fn page_size(mut self, permissions: u32) -> Self {
        self.page_size = Some(permissions);
        self
    }

    /// Returns a stream of the results of the checkpoints, in the order in which the lists end. Use the stream if the
    /// results do not fit into memory.
    pub fn stream(self) -> AuditStream {
        // The deadline starts when the stream is first polled.
        let results = async move {
            self.options.check(|| Action::Audit)?;
            let concurrency = self.bulk.concurrency;
            let total = self.checkpoints.len();
            let bulk = Arc::new(Bulk::new(self.client, self.options, self.bulk, total));
            let (project_id, page_size) = (self.project_id, self.page_size);
            let configure = move |mut list: List| {
                if let Some(project_id) = &project_id {
                    list = list.project_id(project_id);
                }
                match page_size {
                    Some(page_size) => list.page_size(page_size),
                    None => list,
                }
            };
            let audits = stream::iter(self.checkpoints).map(move |checkpoint| {
                let (bulk, configure) = (bulk.clone(), configure.clone());
                async move {
                    let result = bulk.list(&checkpoint, configure).await;
                    Ok(CheckpointAudit { checkpoint, result })
                }
            });
            Ok(audits.buffer_unordered(concurrency))
        };
        AuditStream(SyncWrapper::new(results.try_flatten_stream().boxed()))
    }

    /// Lists the permissions of all checkpoints.
    ///
    /// # Errors
    ///
    /// Fails if an argument is invalid, before anything is sent. If a checkpoint cannot be read, the report contains
    /// the error of the checkpoint.
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

impl AuditStream {
    /// Returns the next result. A program can call this method in a loop without depending on `futures`.
    pub async fn next(&mut self) -> Option<Result<CheckpointAudit, Error>> {
        StreamExt::next(self).await
    }
}

impl Stream for AuditStream {
    type Item = Result<CheckpointAudit, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.get_mut().poll_next_unpin(cx)
    }
}
