//! Rows about changes and checkpoints.
//!
//! Every change has a row, also after a failure or a signal. A row is announced first, and written once its result is
//! known. Rows without a result are written when the value is dropped, which an interrupted command does too. Then the
//! document is closed.

use super::cell::Cell;
use super::rows::Output;
use crate::exit::Exit;
use crate::failure::Failure;

/// Writes one row per change and closes the document in any case.
pub(crate) struct Changes {
    output: Option<Output>,
    /// Rows in order, each with its result so far. A written row is replaced by `None`.
    pending: Vec<Option<Vec<Cell>>>,
    error: Option<Failure>,
}

impl Changes {
    pub(crate) fn new(output: Output) -> Self {
        Self {
            output: Some(output),
            pending: Vec::new(),
            error: None,
        }
    }

    /// Announces a row and returns its number.
    pub(crate) fn announce(&mut self, cells: Vec<Cell>) -> usize {
        self.pending.push(Some(cells));
        self.pending.len() - 1
    }

    /// Replaces the cell of a column in an announced row.
    pub(crate) fn set(&mut self, number: usize, column: &str, cell: Cell) {
        let position = self.output.as_ref().and_then(|out| out.position(column));
        let row = self.pending.get_mut(number).and_then(Option::as_mut);
        if let (Some(row), Some(position)) = (row, position) {
            row[position] = cell;
        }
    }

    /// Replaces the cell of a column in all announced rows.
    pub(crate) fn set_all(&mut self, column: &str, cell: &Cell) {
        for number in 0..self.pending.len() {
            self.set(number, column, cell.clone());
        }
    }

    /// Writes an announced row.
    pub(crate) fn write(&mut self, number: usize) {
        if let Some(row) = self.pending.get_mut(number).and_then(Option::take) {
            self.row(&row);
        }
    }

    /// Removes the rows that have no result yet.
    pub(crate) fn clear(&mut self) {
        self.pending.clear();
    }

    /// Writes a row. An error is kept for [`Self::finish`], because the changes have to continue without output.
    pub(crate) fn row(&mut self, cells: &[Cell]) {
        let Some(output) = &mut self.output else {
            return;
        };
        if let Err(error) = output.row(cells).and_then(|()| output.flush()) {
            self.error = Some(error);
            self.output = None;
        }
    }

    /// Writes the rows without a result and closes the document.
    pub(crate) fn finish(mut self) -> Result<(), Failure> {
        self.close();
        self.error.take().map_or(Ok(()), Err)
    }

    /// Closes the document of a command that made no changes. A broken pipe is then not an error.
    pub(crate) fn finish_unchanged(self) -> Result<(), Failure> {
        match self.finish() {
            Err(failure) if failure.exit() == Exit::Success => Ok(()),
            result => result,
        }
    }

    fn close(&mut self) {
        for number in 0..self.pending.len() {
            self.write(number);
        }
        if let Some(Err(error)) = self.output.take().map(Output::finish) {
            self.error = Some(error);
        }
    }
}

impl Drop for Changes {
    fn drop(&mut self) {
        self.close();
    }
}
