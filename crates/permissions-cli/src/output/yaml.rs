//! YAML 1.2: a sequence of mappings.

use std::io::{self, Write};

use super::cell::Cell;
use super::writer::Writer;

pub(super) struct Yaml {
    names: Vec<&'static str>,
    open: bool,
}

impl Yaml {
    pub(super) fn new(names: Vec<&'static str>) -> Self {
        Self { names, open: false }
    }
}

impl Writer for Yaml {
    fn row(&mut self, out: &mut dyn Write, cells: &[&Cell]) -> io::Result<()> {
        self.open = true;
        for (at, (name, cell)) in self.names.iter().zip(cells).enumerate() {
            let lead = if at == 0 { "- " } else { "  " };
            let value = match cell {
                Cell::Null => "null".to_owned(),
                cell => quoted(&cell.plain()),
            };
            writeln!(out, "{lead}{name}: {value}")?;
        }
        Ok(())
    }

    fn finish(&mut self, out: &mut dyn Write) -> io::Result<()> {
        if self.open {
            return Ok(());
        }
        out.write_all(b"[]\n")
    }
}

/// Quotes every string, because plain `no`, `1e3` and `2024-01-01` are not strings in YAML.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}' | '\u{10000}'..
                if !matches!(c, '\u{2028}' | '\u{2029}') =>
            {
                quoted.push(c);
            }
            _ => quoted.push_str(&format!("\\u{:04x}", u32::from(c))),
        }
    }
    quoted.push('"');
    quoted
}
