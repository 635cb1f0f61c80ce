//! A mistake in a file as a person is shown it: the place, and the line itself.

use std::path::Path;

use serde::Serialize;
use unicode_width::UnicodeWidthStr as _;

use super::parse::Mistake;

/// A mistake with its place.
#[derive(Debug, Serialize)]
pub(crate) struct Problem {
    file: String,
    /// From 1.
    line: usize,
    /// In characters, from 1.
    column: usize,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<String>,
    #[serde(skip)]
    shown: Shown,
}

/// The line, and what of it is marked.
#[derive(Debug)]
struct Shown {
    line: String,
    before: usize,
    width: usize,
}

impl Problem {
    pub(super) fn new(path: &Path, text: &str, mistake: Mistake) -> Self {
        let start = floor(text, mistake.span.start);
        let end = floor(text, mistake.span.end).max(start);
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
        let before = &text[line_start..start];
        let marked = &text[start..end.min(line_end)];
        Self {
            file: path.display().to_string(),
            line: text[..start].matches('\n').count() + 1,
            column: before.chars().count() + 1,
            message: mistake.message,
            remedy: mistake.remedy,
            shown: Shown {
                line: text[line_start..line_end].trim_end().replace('\t', " "),
                before: before.width(),
                width: marked.width().max(1),
            },
        }
    }

    /// As several lines.
    pub(crate) fn text(&self) -> String {
        let number = self.line.to_string();
        let gutter = " ".repeat(number.len());
        let mut text = format!(
            "{gutter} --> {}:{}:{}: {}\n{gutter} |\n{number} | {}\n{gutter} | {}{}",
            self.file,
            self.line,
            self.column,
            self.message,
            self.shown.line,
            " ".repeat(self.shown.before),
            "^".repeat(self.shown.width),
        );
        if let Some(remedy) = &self.remedy {
            text.push_str(&format!("\n{gutter} = tip: {remedy}"));
        }
        text
    }
}

/// The nearest place at or before `at` where a character begins.
fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
