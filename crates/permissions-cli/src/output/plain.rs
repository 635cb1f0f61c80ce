//! One tab-separated line per row, for `cut`, `sort` and `wc -l`.

use std::io::{self, Write};

use super::cell::Cell;
use super::writer::Writer;
use crate::escape::escape_control;

pub(super) struct Plain;

impl Writer for Plain {
    fn row(&mut self, out: &mut dyn Write, cells: &[&Cell]) -> io::Result<()> {
        for (at, cell) in cells.iter().enumerate() {
            if at > 0 {
                out.write_all(b"\t")?;
            }
            out.write_all(escape_control(&cell.plain()).as_bytes())?;
        }
        out.write_all(b"\n")
    }
}
