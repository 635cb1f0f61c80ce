//! One line a row, separated by tabs: for `cut`, `sort`, `wc -l`.

use std::io::{self, Write};

use super::Writer;
use super::cell::{Cell, harmless};

pub(super) struct Plain;

impl Writer for Plain {
    fn row(&mut self, out: &mut dyn Write, cells: &[&Cell]) -> io::Result<()> {
        for (at, cell) in cells.iter().enumerate() {
            if at > 0 {
                out.write_all(b"\t")?;
            }
            out.write_all(harmless(&cell.plain()).as_bytes())?;
        }
        out.write_all(b"\n")
    }
}
