use super::runtime::Runtime;
use crate::options::RequestOptions;
use crate::{AuditProgress, Audited, Error, ProjectId, Report};

/// Many checkpoints to be listed, as [`Audit`](crate::Audit).
#[derive(Clone, Debug)]
#[must_use = "nothing is read before `send` or `stream`"]
pub struct Audit {
    inner: crate::Audit,
    runtime: Runtime,
}

/// The results of an audit, each as soon as it is there, as [`AuditStream`](crate::AuditStream).
///
/// An item is an error only where waiting is not allowed; that a checkpoint cannot be read is in its result.
#[derive(Debug)]
#[must_use = "an iterator does nothing unless it is asked"]
pub struct AuditStream {
    inner: crate::AuditStream,
    runtime: Runtime,
    ended: bool,
}

impl Audit {
    pub(super) fn new(inner: crate::Audit, runtime: Runtime) -> Self {
        Self { inner, runtime }
    }

    forward!(Audit {
        project_id(project_id: ProjectId);
        page_size(permissions: u32);
        concurrency(requests: usize);
        on_progress(report: impl Fn(AuditProgress<'_>) + Send + Sync + 'static);
        options(options: RequestOptions);
    });

    /// Checkpoint by checkpoint, as each is read.
    pub fn stream(self) -> AuditStream {
        AuditStream {
            inner: self.inner.stream(),
            runtime: self.runtime,
            ended: false,
        }
    }

    /// Reads all checkpoints.
    ///
    /// # Errors
    ///
    /// Where waiting is not allowed; that a checkpoint cannot be read is in the report.
    pub fn send(self) -> Result<Report, Error> {
        self.runtime.wait(async { Ok(self.inner.send().await) })
    }
}

impl AuditStream {
    /// How many checkpoints have no result yet.
    #[must_use]
    pub fn left(&self) -> usize {
        self.inner.left()
    }
}

impl Iterator for AuditStream {
    type Item = Result<Audited, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let inner = &mut self.inner;
        let next = self.runtime.wait(async { Ok(inner.next().await) });
        self.ended = !matches!(next, Ok(Some(_)));
        next.transpose()
    }
}
