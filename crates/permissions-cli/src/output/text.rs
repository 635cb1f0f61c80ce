//! Lines for people, some of them in colour.

use std::io::{self, BufWriter, IsTerminal as _, Stdout, Write as _};

use anstyle::{AnsiColor, Reset, Style};

use super::ColorChoice;
use super::cell::harmless;

/// Standard output, line by line.
pub(crate) struct Text {
    out: BufWriter<Stdout>,
    color: bool,
}

impl Text {
    pub(crate) fn stdout(color: ColorChoice) -> Self {
        let stdout = io::stdout();
        Self {
            color: color.on(stdout.is_terminal()),
            out: BufWriter::new(stdout),
        }
    }

    /// A line as it is.
    pub(crate) fn line(&mut self, line: &str) -> io::Result<()> {
        self.styled(line, None)
    }

    /// A heading.
    pub(crate) fn bold(&mut self, line: &str) -> io::Result<()> {
        self.styled(line, Some(Style::new().bold()))
    }

    /// A line that tells of something new, in green.
    pub(crate) fn added(&mut self, line: &str) -> io::Result<()> {
        self.styled(line, Some(AnsiColor::Green.on_default()))
    }

    /// A line that tells of something that goes, in red.
    pub(crate) fn removed(&mut self, line: &str) -> io::Result<()> {
        self.styled(line, Some(AnsiColor::Red.on_default()))
    }

    /// Shows what was written.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn styled(&mut self, line: &str, style: Option<Style>) -> io::Result<()> {
        let line = harmless(line);
        match style {
            Some(style) if self.color => writeln!(self.out, "{style}{line}{Reset}"),
            _ => writeln!(self.out, "{line}"),
        }
    }
}
