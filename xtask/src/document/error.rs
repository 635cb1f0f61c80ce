//! Errors of reading a document.

use std::fmt;
use std::io;

use serde_json::Value;

use super::{MAX_BYTES, MAX_DEPTH, MAX_VALUES};

pub(super) const MIB: u64 = 1024 * 1024;

/// Error of reading a document, displayed as `name:line:column: problem; remedy`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentError {
    name: String,
    place: Option<Place>,
    problem: String,
    remedy: String,
}

/// A position in a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A position in text.
    Text {
        /// Line, counted from 1.
        line: usize,
        /// Column in characters, counted from 1.
        column: usize,
    },
    /// Byte offset in binary data, counted from 0.
    Byte(u64),
}

impl DocumentError {
    /// Returns the position of the problem, or `None` if the problem concerns the whole
    /// document.
    pub fn place(&self) -> Option<Place> {
        self.place
    }

    /// Replaces the remedy. For example, the remedy for a generated document is to generate the
    /// document again.
    #[must_use]
    pub fn with_remedy(self, remedy: impl Into<String>) -> Self {
        let remedy = remedy.into();
        Self { remedy, ..self }
    }

    pub(super) fn new(
        name: &str,
        place: impl Into<Option<Place>>,
        problem: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            name: name.to_owned(),
            place: place.into(),
            problem: problem.into(),
            remedy: remedy.into(),
        }
    }

    pub(super) fn unreadable(name: &str, error: &io::Error) -> Self {
        let remedy = match error.kind() {
            io::ErrorKind::NotFound => "check the path",
            io::ErrorKind::PermissionDenied => "give the current user permission to read the file",
            _ => "check the disk, or the program that writes to standard input, and try again",
        };
        Self::new(name, None, format!("failed to read: {error}"), remedy)
    }

    pub(super) fn too_large(name: &str) -> Self {
        let problem = format!("is larger than {} MiB", MAX_BYTES / MIB);
        Self::new(name, None, problem, CHECK_SIZE)
    }

    pub(super) fn empty(name: &str) -> Self {
        Self::new(name, None, "is empty", "download the document again")
    }

    pub(super) fn too_deep(name: &str, place: Place) -> Self {
        let problem = format!("objects and arrays are nested deeper than {MAX_DEPTH} levels");
        let remedy = "move inner schemas to `components` and refer to them";
        Self::new(name, place, problem, remedy)
    }

    pub(super) fn too_many(name: &str, place: Place) -> Self {
        let problem = format!("the document has more than {MAX_VALUES} values");
        Self::new(name, place, problem, CHECK_SIZE)
    }

    pub(super) fn not_an_object(name: &str, value: &Value) -> Self {
        let found = match value {
            Value::Array(_) => "an array".to_owned(),
            Value::String(text) => {
                let start: String = text.chars().take(40).collect();
                format!("text that starts with {start:?}")
            }
            other => format!("the value {other}"),
        };
        let remedy = if matches!(value, Value::String(text) if text.starts_with('<')) {
            "it seems to be a web page: download the raw file instead"
        } else {
            "check that it is an OpenAPI document in JSON or YAML"
        };
        let problem = format!("is {found}, not an object");
        Self::new(name, None, problem, remedy)
    }
}

const CHECK_SIZE: &str =
    "check that it is an OpenAPI document, or remove the paths that are not needed";

impl fmt::Display for DocumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        match self.place {
            Some(place @ Place::Byte(_)) => write!(f, ": {place}")?,
            Some(place @ Place::Text { .. }) => write!(f, ":{place}")?,
            None => {}
        }
        write!(f, ": {}; {}", self.problem, self.remedy)
    }
}

impl std::error::Error for DocumentError {}

impl Place {
    /// Returns the position of the byte at `offset` in `text`.
    pub(super) fn of(text: &str, offset: usize) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Self::Text {
            line: 1 + before.bytes().filter(|byte| *byte == b'\n').count(),
            column: 1 + before[line_start..].chars().count(),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text { line, column } => write!(f, "{line}:{column}"),
            Self::Byte(byte) => write!(f, "byte {byte}"),
        }
    }
}
