//! JSON: one array of objects, or one object per line.

use std::io::{self, Write};

use serde::ser::{Serialize, SerializeMap as _, Serializer};

use super::{Cell, Writer};

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

/// Writes one object per line.
pub(super) struct Lines {
    names: Vec<&'static str>,
}

impl Lines {
    pub(super) fn new(names: Vec<&'static str>) -> Self {
        Self { names }
    }
}

impl Writer for Lines {
    fn row(&mut self, out: &mut dyn Write, cells: &[&Cell]) -> io::Result<()> {
        let names = &self.names;
        serde_json::to_writer(&mut *out, &Object { names, cells })?;
        out.write_all(b"\n")
    }
}

/// Writes one array, with one element per line.
pub(super) struct Array {
    names: Vec<&'static str>,
    open: bool,
}

impl Array {
    pub(super) fn new(names: Vec<&'static str>) -> Self {
        Self { names, open: false }
    }
}

impl Writer for Array {
    fn row(&mut self, out: &mut dyn Write, cells: &[&Cell]) -> io::Result<()> {
        out.write_all(if self.open { b",\n  " } else { b"[\n  " })?;
        self.open = true;
        let names = &self.names;
        serde_json::to_writer(&mut *out, &Object { names, cells })?;
        Ok(())
    }

    fn finish(&mut self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(if self.open { b"\n]\n" } else { b"[]\n" })
    }
}
