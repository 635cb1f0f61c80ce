use crate::{CheckpointId, Error};

/// How far an audit has got; given to [`Audit::on_progress`](crate::Audit::on_progress).
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum AuditProgress<'a> {
    /// A checkpoint is begun.
    Started {
        /// The checkpoint.
        checkpoint: &'a CheckpointId,
    },
    /// A page of it has come.
    Page {
        /// The checkpoint.
        checkpoint: &'a CheckpointId,
        /// How many of its permissions have been read so far.
        permissions: usize,
    },
    /// It has its result.
    Finished {
        /// The checkpoint.
        checkpoint: &'a CheckpointId,
        /// How many permissions it has, or why they could not be read.
        result: Result<usize, &'a Error>,
    },
}
