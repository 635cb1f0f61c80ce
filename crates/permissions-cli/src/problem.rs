//! A problem in a file, shown with its line.

use std::ops::Range;
use std::path::Path;

use serde::Serialize;
use unicode_width::UnicodeWidthStr as _;

/// A problem with its position and an excerpt of the file.
#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct Problem {
    file: String,
    /// From 1.
    line: usize,
    /// Column in characters, from 1.
    column: usize,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<String>,
    /// The line of the file, and a second line that marks the problem.
    #[serde(skip)]
    excerpt: (String, String),
}

impl Problem {
    pub(crate) fn new(
        path: &Path,
        text: &str,
        span: Range<usize>,
        message: impl Into<String>,
    ) -> Self {
        let start = text.floor_char_boundary(span.start);
        let end = text.floor_char_boundary(span.end).max(start);
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
        let before = &text[line_start..start];
        let marks = "^".repeat(text[start..end.min(line_end)].width().max(1));
        let line = text[line_start..line_end].trim_end().replace('\t', " ");
        Self {
            file: path.display().to_string(),
            line: text[..start].matches('\n').count() + 1,
            column: before.chars().count() + 1,
            message: message.into(),
            remedy: None,
            excerpt: (line, format!("{}{marks}", " ".repeat(before.width()))),
        }
    }

    pub(crate) fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    /// Formats the problem as several lines, as compilers do.
    pub(crate) fn text(&self) -> String {
        let number = self.line.to_string();
        let gutter = " ".repeat(number.len());
        let (line, marks) = &self.excerpt;
        let position = self.line();
        let mut text =
            format!("{gutter} --> {position}\n{gutter} |\n{number} | {line}\n{gutter} | {marks}");
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
