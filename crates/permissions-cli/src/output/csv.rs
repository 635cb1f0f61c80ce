//! RFC 4180 with a header.

use std::io::{self, Write};

use super::{Cell, Writer};

pub(super) struct Csv {
    names: Vec<&'static str>,
    headed: bool,
}

impl Csv {
    pub(super) fn new(names: Vec<&'static str>) -> Self {
        Self {
            names,
            headed: false,
        }
    }

    fn head(&mut self, out: &mut dyn Write) -> io::Result<()> {
        if !self.headed {
            self.headed = true;
            record(out, &self.names)?;
        }
        Ok(())
    }
}

impl Writer for Csv {
    fn row(&mut self, out: &mut dyn Write, cells: &[&Cell]) -> io::Result<()> {
        self.head(out)?;
        let cells: Vec<String> = cells.iter().map(|cell| cell.plain()).collect();
        record(out, &cells)
    }

    fn finish(&mut self, out: &mut dyn Write) -> io::Result<()> {
        self.head(out)
    }
}

fn record(out: &mut dyn Write, fields: &[impl AsRef<[u8]>]) -> io::Result<()> {
    let mut writer = ::csv::WriterBuilder::new().from_writer(out);
    writer.write_record(fields)?;
    writer.flush()
}
