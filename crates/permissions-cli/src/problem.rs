//! A problem in a file, shown with its line.

use std::ops::Range;
use std::path::Path;

use serde::Serialize;
use unicode_width::UnicodeWidthStr as _;

/// A problem with its position and an excerpt of the file.
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
    excerpt: Excerpt,
}

/// The line of the problem. `width` terminal columns from column `start` are marked.
#[derive(Debug)]
struct Excerpt {
    line: String,
    start: usize,
    width: usize,
}

impl Problem {
    pub(crate) fn new(
        path: &Path,
        text: &str,
        span: Range<usize>,
        message: String,
        remedy: Option<String>,
    ) -> Self {
        let start = floor_char_boundary(text, span.start);
        let end = floor_char_boundary(text, span.end).max(start);
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
        let before = &text[line_start..start];
        let marked = &text[start..end.min(line_end)];
        Self {
            file: path.display().to_string(),
            line: text[..start].matches('\n').count() + 1,
            column: before.chars().count() + 1,
            message,
            remedy,
            excerpt: Excerpt {
                line: text[line_start..line_end].trim_end().replace('\t', " "),
                start: before.width(),
                width: marked.width().max(1),
            },
        }
    }

    /// Formats the problem as several lines, as compilers do.
    pub(crate) fn text(&self) -> String {
        let number = self.line.to_string();
        let gutter = " ".repeat(number.len());
        let mut text = format!(
            "{gutter} --> {}:{}:{}: {}\n{gutter} |\n{number} | {}\n{gutter} | {}{}",
            self.file,
            self.line,
            self.column,
            self.message,
            self.excerpt.line,
            " ".repeat(self.excerpt.start),
            "^".repeat(self.excerpt.width),
        );
        if let Some(remedy) = &self.remedy {
            text.push_str(&format!("\n{gutter} = tip: {remedy}"));
        }
        text
    }

    /// Formats the problem as one line.
    pub(crate) fn line(&self) -> String {
        format!(
            "{}:{}:{}: {}",
            self.file, self.line, self.column, self.message
        )
    }
}

/// Returns the last character boundary at or before `at`.
fn floor_char_boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
