//! Rows about changes and checkpoints.
//!
//! Every change has a row, even after a failure or a signal. A row is pending until the result of its change is known.
//! When [`Changes`] is dropped, for example after an interruption, the pending rows are written and the document is
//! closed.

use std::cell::RefCell;

use super::cell::Cell;
use super::rows::Output;
use crate::exit::Exit;
use crate::failure::Failure;

/// Writes one row per change and closes the document, even after a failure. Concurrent requests share this
/// writer.
pub(crate) struct Changes(RefCell<State>);

struct State {
    output: Option<Output>,
    /// Rows in order, each with its result so far. A written row is replaced by `None`.
    pending: Vec<Option<Vec<Cell>>>,
    failure: Option<Failure>,
}

impl Changes {
    pub(crate) fn new(output: Output) -> Self {
        Self(RefCell::new(State {
            output: Some(output),
            pending: Vec::new(),
            failure: None,
        }))
    }

    /// Adds a row whose result is not known yet, and returns the index of the row.
    pub(crate) fn add_pending(&self, cells: Vec<Cell>) -> usize {
        let pending = &mut self.0.borrow_mut().pending;
        pending.push(Some(cells));
        pending.len() - 1
    }

    /// Replaces the cell of a column in a pending row.
    pub(crate) fn set(&self, number: usize, column: &str, cell: Cell) {
        let mut state = self.0.borrow_mut();
        let position = state.output.as_ref().and_then(|out| out.position(column));
        let row = state.pending.get_mut(number).and_then(Option::as_mut);
        if let (Some(row), Some(position)) = (row, position) {
            row[position] = cell;
        }
    }

    /// Replaces the cell of a column in all pending rows.
    pub(crate) fn set_all(&self, column: &str, cell: &Cell) {
        let rows = self.0.borrow().pending.len();
        (0..rows).for_each(|number| self.set(number, column, cell.clone()));
    }

    /// Writes a pending row.
    pub(crate) fn write(&self, number: usize) {
        let row = self
            .0
            .borrow_mut()
            .pending
            .get_mut(number)
            .and_then(Option::take);
        if let Some(row) = row {
            self.row(&row);
        }
    }

    /// Removes the pending rows.
    pub(crate) fn clear(&self) {
        self.0.borrow_mut().pending.clear();
    }

    /// Writes a row. A write error is kept for [`Self::finish`], so that it does not stop the remaining changes.
    pub(crate) fn row(&self, cells: &[Cell]) {
        let mut state = self.0.borrow_mut();
        let Some(output) = &mut state.output else {
            return;
        };
        if let Err(failure) = output.row(cells).and_then(|()| output.flush()) {
            state.failure = Some(failure);
            state.output = None;
        }
    }

    /// Writes the pending rows and closes the document.
    pub(crate) fn finish(self) -> Result<(), Failure> {
        self.close();
        let failure = self.0.borrow_mut().failure.take();
        failure.map_or(Ok(()), Err)
    }

    /// Closes the document of a command that made no changes. A broken pipe is then not an error.
    pub(crate) fn finish_unchanged(self) -> Result<(), Failure> {
        match self.finish() {
            Err(failure) if failure.exit() == Exit::Success => Ok(()),
            result => result,
        }
    }

    fn close(&self) {
        let rows = self.0.borrow().pending.len();
        (0..rows).for_each(|number| self.write(number));
        let output = self.0.borrow_mut().output.take();
        if let Some(Err(failure)) = output.map(Output::finish) {
            self.0.borrow_mut().failure = Some(failure);
        }
    }
}

impl Drop for Changes {
    fn drop(&mut self) {
        self.close();
    }
}
