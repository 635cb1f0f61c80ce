//! Fitting text into the width of a terminal.

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// Minimum width of a column. Shorter ids would be hard to recognize.
const MIN_WIDTH: usize = 9;

/// Shortens text in the middle to at most `width` columns. The start and the end of an id identify it best.
pub(crate) fn shorten(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let kept = width.saturating_sub(1);
    let start = take(text.chars(), kept.div_ceil(2));
    let end: Vec<char> = take(text.chars().rev(), kept / 2).chars().rev().collect();
    format!("{start}…{}", end.into_iter().collect::<String>())
}

/// Shortens text at its end to at most `max` characters.
pub(crate) fn truncate(text: &str, max: usize) -> String {
    if text.chars().count() <= max {
        return text.to_owned();
    }
    let kept: String = text.chars().take(max - 1).collect();
    format!("{}…", kept.trim_end())
}

/// Reduces the widest columns until the sum is at most `available`.
pub(crate) fn fit(widths: &mut [usize], available: usize) {
    while widths.iter().sum::<usize>() > available {
        let Some(widest) = widths.iter_mut().max().filter(|width| **width > MIN_WIDTH) else {
            return;
        };
        *widest -= 1;
    }
}

/// Pads text with spaces to `width` columns.
pub(crate) fn pad(text: &str, width: usize) -> String {
    let spaces = width.saturating_sub(text.width());
    text.to_owned() + &" ".repeat(spaces)
}

/// Takes characters up to `width` columns.
fn take(chars: impl Iterator<Item = char>, width: usize) -> String {
    let mut used = 0;
    chars
        .take_while(|c| {
            used += c.width().unwrap_or(0);
            used <= width
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shortened_text_keeps_start_and_end() {
        assert_eq!(shorten("proj_0123456789", 9), "proj…6789");
        assert_eq!(shorten("proj_a", 9), "proj_a");
        assert_eq!(shorten("界界界界界", 5), "界…界");
    }

    #[test]
    fn widest_columns_are_reduced_first() {
        let mut widths = [40, 10, 30];
        fit(&mut widths, 50);
        assert_eq!(widths, [20, 10, 20]);
    }
}
