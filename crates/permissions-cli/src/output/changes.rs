//! Rows about changes and checkpoints.
//!
//! Every change has a row, also after a failure or a signal. A row is announced first. If its result never arrives, the
//! announced row is written when the value is dropped, and the document is closed. An interrupted command drops it too.

use std::io;

use super::{Cell, Error, Output};

/// Writes one row per change and closes the document in any case.
pub(crate) struct Changes {
    output: Option<Output>,
    /// Rows without a result, in the order of their announcement.
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

    /// Replaces an announced row that has no result yet.
    pub(crate) fn update(&mut self, number: usize, cells: Vec<Cell>) {
        if let Some(pending) = self.pending.get_mut(number).filter(|row| row.is_some()) {
            *pending = Some(cells);
        }
    }

    /// Replaces the cell at `position` in all announced rows that have no result yet.
    pub(crate) fn replace_in_pending(&mut self, position: usize, cell: &Cell) {
        for row in self.pending.iter_mut().flatten() {
            if let Some(found) = row.get_mut(position) {
                *found = cell.clone();
            }
        }
    }

    /// Removes the announced rows.
    pub(crate) fn clear(&mut self) {
        self.pending.clear();
    }

    /// Writes the result of an announced row.
    pub(crate) fn resolve(&mut self, number: usize, cells: &[Cell]) {
        if let Some(pending) = self.pending.get_mut(number) {
            *pending = None;
        }
        self.row(cells);
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

    /// Closes the document of a command that made no changes. A reader that stopped reading is then not an error.
    pub(crate) fn finish_unchanged(self) -> Result<(), Error> {
        match self.finish() {
            Err(Error::Io(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            result => result,
        }
    }

    fn close(&mut self) {
        for row in std::mem::take(&mut self.pending).into_iter().flatten() {
            self.row(&row);
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
