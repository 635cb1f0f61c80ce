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
    escape_except(text, &[])
}

/// Escapes like [`escape_control`], but keeps line breaks and tabs.
pub(crate) fn escape_lines(text: &str) -> String {
    escape_except(text, &['\n', '\t'])
}

fn escape_except(text: &str, kept: &[char]) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if (c.is_control() || is_override(c)) && !kept.contains(&c) {
            escaped.extend(c.escape_unicode());
        } else {
            escaped.push(c);
        }
    }
    escaped
}

/// Whether the character is a line separator, or changes the direction of the text after the character.
fn is_override(c: char) -> bool {
    matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Quotes a text. The result is a string in JSON and in YAML, and contains no control characters.
pub(crate) fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}' | '\u{10000}'..
                if !is_override(c) =>
            {
                quoted.push(c);
            }
            _ => quoted.push_str(&format!("\\u{:04x}", u32::from(c))),
        }
    }
    quoted.push('"');
    quoted
}
