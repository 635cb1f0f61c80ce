//! Text from outside, made safe for one line of bounded length.

use std::fmt::{self, Write};

/// Writes text with control characters escaped, so that it stays on one line.
pub(super) struct OneLine<T>(pub(super) T);

/// A writer that stops after a number of bytes and writes an ellipsis.
pub(super) struct Bounded<'a, W> {
    inner: &'a mut W,
    left: usize,
    is_full: bool,
}

/// Cuts out the middle of a text that is longer than `limit` bytes.
///
/// Both ends stay, because a JSON error quotes a value of any length before it mentions the expected type.
pub(super) fn shorten(text: &str, limit: usize) -> String {
    if text.len() <= limit {
        return text.to_owned();
    }
    let start = floor(text, limit * 2 / 3);
    let end = floor(text, text.len() - limit / 3);
    format!("{}…{}", &text[..start], &text[end..])
}

/// The last character boundary at or before `at`. `str::floor_char_boundary` requires Rust 1.91.
fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

impl<T: fmt::Display> fmt::Display for OneLine<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(Escape(f), "{}", self.0)
    }
}

struct Escape<'a, 'f>(&'a mut fmt::Formatter<'f>);

impl Write for Escape<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for c in text.chars() {
            if is_unsafe(c) {
                write!(self.0, "{}", c.escape_default())?;
            } else {
                self.0.write_char(c)?;
            }
        }
        Ok(())
    }
}

/// Whether a terminal would interpret the character: control characters, line separators and marks that change the
/// direction of text.
fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

impl<'a, W: Write> Bounded<'a, W> {
    pub(super) fn new(inner: &'a mut W, bytes: usize) -> Self {
        Self {
            inner,
            left: bytes,
            is_full: false,
        }
    }
}

impl<W: Write> Write for Bounded<'_, W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.is_full {
            return Ok(());
        }
        let fits = floor(text, self.left);
        self.inner.write_str(&text[..fits])?;
        self.left -= fits;
        if fits < text.len() {
            self.is_full = true;
            self.inner.write_char('…')?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_escaped() {
        let text = OneLine("a\n\u{1b}[31m\u{202e}é").to_string();
        assert_eq!(text, "a\\n\\u{1b}[31m\\u{202e}é");
    }

    #[test]
    fn shortened_text_keeps_both_ends() {
        let text = format!("invalid type: \"{}\", expected i64", "é".repeat(1_000));
        let short = shorten(&text, 90);
        assert!(short.len() <= 93, "{short}");
        assert!(short.starts_with("invalid type: \"éé"), "{short}");
        assert!(short.ends_with("éé\", expected i64"), "{short}");
        assert_eq!(shorten("short", 90), "short");
    }

    #[test]
    fn bounded_text_ends_with_an_ellipsis() {
        let mut out = String::new();
        let mut bounded = Bounded::new(&mut out, 3);
        bounded.write_str("aé").unwrap();
        bounded.write_str("é").unwrap();
        bounded.write_str("never").unwrap();
        assert_eq!(out, "aé…");
    }
}
