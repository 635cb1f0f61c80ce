//! JSON: one array of objects, or one object per line.

use std::io::{self, Write};

use serde::ser::{Serialize, SerializeMap as _, Serializer};

use super::cell::Cell;
use super::writer::Writer;

/// An object with the members in the order of the columns.
struct Object<'a> {
    names: &'a [&'static str],
    cells: &'a [&'a Cell],
}

impl Serialize for Object<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_map(Some(self.names.len()))?;
        for (name, cell) in self.names.iter().zip(self.cells) {
            object.serialize_entry(name, cell)?;
        }
        object.end()
    }
}

/// Writes one array with one element per line, or only one object per line.
pub(super) struct Json {
    names: Vec<&'static str>,
    is_array: bool,
    has_rows: bool,
}

impl Json {
    pub(super) fn new(names: Vec<&'static str>, is_array: bool) -> Self {
        Self {
            names,
            is_array,
            has_rows: false,
        }
    }
}

impl Writer for Json {
    fn row(&mut self, out: &mut dyn Write, cells: &[&Cell]) -> io::Result<()> {
        if self.is_array {
            out.write_all(if self.has_rows { b",\n  " } else { b"[\n  " })?;
        }
        self.has_rows = true;
        let names = &self.names;
        serde_json::to_writer(&mut *out, &Object { names, cells })?;
        out.write_all(if self.is_array { b"" } else { b"\n" })
    }

    fn finish(&mut self, out: &mut dyn Write) -> io::Result<()> {
        match (self.is_array, self.has_rows) {
            (false, _) => Ok(()),
            (true, false) => out.write_all(b"[]\n"),
            (true, true) => out.write_all(b"\n]\n"),
        }
    }
}
