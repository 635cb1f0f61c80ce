//! Makes untrusted text safe: one line of bounded length.

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

/// Escapes control characters, so that the text stays on one line.
pub(super) fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for c in text.chars() {
        match is_unsafe(c) {
            true => line.extend(c.escape_default()),
            false => line.push(c),
        }
    }
    line
}

/// Cuts off the end of a text that is longer than `limit` bytes.
pub(super) fn truncate(text: &mut String, limit: usize) {
    if text.len() > limit {
        text.truncate(floor(text, limit));
        text.push('…');
    }
}

/// Returns whether a terminal would interpret or hide the character: a control character, a line separator, an
/// invisible character or a mark that changes the direction of text.
fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_escaped() {
        let text = one_line("a\n\u{1b}[31m\u{202e}é");
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
    fn truncated_text_ends_with_an_ellipsis() {
        let mut out = "aéénever".to_owned();
        truncate(&mut out, 4);
        assert_eq!(out, "aé…");
    }
}
