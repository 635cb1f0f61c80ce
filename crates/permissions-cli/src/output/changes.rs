//! Rows that tell of changes.
//!
//! A change that is made stays made: what cannot be written keeps no later change from being made, and is told with
//! what was done.

use super::{Cell, Output};
use crate::exit::Exit;
use crate::failure::Failure;

pub(crate) struct Changes {
    output: Option<Output>,
    failed: Option<Failure>,
}

impl Changes {
    pub(crate) fn new(output: Output) -> Self {
        Self {
            output: Some(output),
            failed: None,
        }
    }

    /// Shows a change as soon as it is made.
    pub(crate) fn row(&mut self, cells: &[Cell]) {
        let Some(output) = &mut self.output else {
            return;
        };
        if let Err(failure) = output.row(cells).and_then(|()| output.batch_end()) {
            self.failed = Some(failure);
            self.output = None;
        }
    }

    /// Closes what was written, where everything went well; says what was `done` where it could not be shown.
    pub(crate) fn finish(self, whole: bool, done: &str) -> Result<(), Failure> {
        let failed = match (self.failed, self.output) {
            (Some(failure), _) => Some(failure),
            (None, Some(output)) if whole => output.finish().err(),
            (None, _) => None,
        };
        match failed {
            // Nobody wants to hear of it.
            Some(failure) if failure.exit() == Exit::Success => Ok(()),
            Some(failure) => Err(failure.after_changes(done)),
            None => Ok(()),
        }
    }
}
