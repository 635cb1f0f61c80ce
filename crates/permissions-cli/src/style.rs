//! Colours, and escaping of text from servers and files.

use anstyle::{AnsiColor, Reset, Style};

pub(crate) const CREATED: Style = AnsiColor::Green.on_default();
pub(crate) const DELETED: Style = AnsiColor::Red.on_default();
pub(crate) const EXTRA: Style = AnsiColor::Yellow.on_default();
pub(crate) const MISSING: Style = AnsiColor::Red.on_default();
pub(crate) const HEADING: Style = Style::new().bold();

/// Adds the style to the text, if colours are on.
pub(crate) fn paint(text: &str, style: Style, color: bool) -> String {
    if color && style != Style::new() {
        format!("{style}{text}{Reset}")
    } else {
        text.to_owned()
    }
}

/// Escapes control characters and bidirectional overrides, so that the text cannot change a terminal or break a line.
pub(crate) fn escape_control(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        let overrides = matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if c.is_control() || overrides {
            escaped.extend(c.escape_unicode());
        } else {
            escaped.push(c);
        }
    }
    escaped
}
