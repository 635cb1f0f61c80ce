//! Lines for people, with colours.

use std::io::{self, Write};

use anstyle::Style;

use super::width::shorten;
use crate::style::{escape_control, paint};

/// Properties of standard output that change the look of the data.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look {
    pub(crate) color: bool,
    /// Whether standard output is a terminal. Times are then local, and control characters are escaped in every format.
    pub(crate) is_terminal: bool,
    /// Width of the terminal. `None` without a terminal.
    pub(crate) width: Option<usize>,
}

/// Writes lines to standard output.
pub(crate) struct Text {
    out: Box<dyn Write>,
    look: Look,
}

impl Text {
    pub(crate) fn new(out: Box<dyn Write>, look: Look) -> Self {
        Self { out, look }
    }

    /// The width of the terminal. `None` without a terminal.
    pub(crate) fn width(&self) -> Option<usize> {
        self.look.width
    }

    /// Writes a line in one style. On a terminal, a long line is shortened in the middle.
    pub(crate) fn line(&mut self, line: &str, style: Style) -> io::Result<()> {
        let mut line = escape_control(line);
        if let Some(width) = self.look.width {
            line = shorten(&line, width);
        }
        writeln!(self.out, "{}", paint(&line, style, self.look.color))
    }

    /// Writes a line of parts, each in its own style.
    pub(crate) fn parts(&mut self, parts: &[(String, Style)]) -> io::Result<()> {
        let painted = parts
            .iter()
            .map(|(text, style)| paint(&escape_control(text), *style, self.look.color));
        let line: String = painted.collect();
        writeln!(self.out, "{}", line.trim_end())
    }

    pub(crate) fn finish(mut self) -> io::Result<()> {
        self.out.flush()
    }
}
