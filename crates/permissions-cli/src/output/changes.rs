//! Rows about changes and checkpoints.
//!
//! Every change has a row, also after a failure or a signal. A row is announced first, and written once its result is
//! known. Rows without a result are written when the value is dropped, which an interrupted command does too. Then the
//! document is closed.

use std::io;

use super::cell::Cell;
use super::error::Error;
use super::rows::Output;

/// Writes one row per change and closes the document in any case.
pub(crate) struct Changes {
    output: Option<Output>,
    /// Rows in order, each with its result so far. A written row is replaced by `None`.
    pending: Vec<Option<Vec<Cell>>>,
    error: Option<Error>,
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

    /// Replaces the cell at `position` of an announced row.
    pub(crate) fn set(&mut self, number: usize, position: usize, cell: Cell) {
        let row = self.pending.get_mut(number).and_then(Option::as_mut);
        if let Some(found) = row.and_then(|row| row.get_mut(position)) {
            *found = cell;
        }
    }

    /// Replaces the cell at `position` of all announced rows.
    pub(crate) fn set_all(&mut self, position: usize, cell: &Cell) {
        for number in 0..self.pending.len() {
            self.set(number, position, cell.clone());
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
    pub(crate) fn finish(mut self) -> Result<(), Error> {
        self.close();
        self.error.take().map_or(Ok(()), Err)
    }

    /// Closes the document of a command that made no changes. A broken pipe is then not an error.
    pub(crate) fn finish_unchanged(self) -> Result<(), Error> {
        match self.finish() {
            Err(Error::Io(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
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
