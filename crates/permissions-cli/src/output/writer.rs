//! The trait that every format implements.

use std::io::{self, Write};

use super::cell::Cell;

/// Properties of standard output that change the look of the data.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look {
    pub(crate) color: bool,
    pub(crate) local_time: bool,
    /// Width of the terminal. `None` without a terminal.
    pub(crate) width: Option<usize>,
}

/// Writes one format.
pub(super) trait Writer {
    /// Adds a row. The writer may buffer it until the next flush.
    fn row(&mut self, out: &mut dyn Write, cells: &[&Cell]) -> io::Result<()>;

    /// Writes the buffered rows.
    fn flush(&mut self, _out: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }

    /// Writes the end of the document.
    fn finish(&mut self, _out: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
}
