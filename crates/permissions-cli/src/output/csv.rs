//! CSV after RFC 4180, with a header.

use std::io::{self, Write};

use super::cell::Cell;
use super::writer::Writer;

pub(super) struct Csv {
    names: Vec<&'static str>,
    has_header: bool,
}

impl Csv {
    pub(super) fn new(names: Vec<&'static str>) -> Self {
        Self {
            names,
            has_header: false,
        }
    }

    fn header(&mut self, out: &mut dyn Write) -> io::Result<()> {
        if !self.has_header {
            self.has_header = true;
            record(out, &self.names)?;
        }
        Ok(())
    }
}

impl Writer for Csv {
    fn row(&mut self, out: &mut dyn Write, cells: &[&Cell]) -> io::Result<()> {
        self.header(out)?;
        let cells: Vec<String> = cells.iter().map(|cell| cell.plain()).collect();
        record(out, &cells)
    }

    fn finish(&mut self, out: &mut dyn Write) -> io::Result<()> {
        self.header(out)
    }
}

fn record(out: &mut dyn Write, fields: &[impl AsRef<[u8]>]) -> io::Result<()> {
    let mut writer = ::csv::WriterBuilder::new().from_writer(out);
    writer.write_record(fields)?;
    writer.flush()
}
