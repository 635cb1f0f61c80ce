//! Standard error as the terminal of the progress line.

use std::io::{self, Write as _};

use indicatif::TermLike;

/// Columns that stay free for `^C`, which the terminal prints at the cursor. In a full line it would move the cursor to
/// the next line, and the progress line would remain.
const FREE: u16 = 3;

/// Standard error, a few columns narrower than the terminal.
#[derive(Debug)]
pub(crate) struct Terminal;

fn write(text: &str) -> io::Result<()> {
    io::stderr().write_all(text.as_bytes())
}

/// Writes the ANSI sequence that moves the cursor.
fn move_cursor(count: usize, direction: char) -> io::Result<()> {
    match count {
        0 => Ok(()),
        _ => write(&format!("\x1b[{count}{direction}")),
    }
}

impl TermLike for Terminal {
    fn width(&self) -> u16 {
        let size = terminal_size::terminal_size_of(io::stderr());
        size.map_or(80, |(width, _)| width.0).saturating_sub(FREE)
    }

    fn move_cursor_up(&self, count: usize) -> io::Result<()> {
        move_cursor(count, 'A')
    }

    fn move_cursor_down(&self, count: usize) -> io::Result<()> {
        move_cursor(count, 'B')
    }

    fn move_cursor_right(&self, count: usize) -> io::Result<()> {
        move_cursor(count, 'C')
    }

    fn move_cursor_left(&self, count: usize) -> io::Result<()> {
        move_cursor(count, 'D')
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        write(&format!("{text}\n"))
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        write(text)
    }

    fn clear_line(&self) -> io::Result<()> {
        write("\r\x1b[2K")
    }

    fn flush(&self) -> io::Result<()> {
        io::stderr().flush()
    }
}
