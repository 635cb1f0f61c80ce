//! What can be wrong with a document, in words: where, what, and the way out.

use std::fmt;
use std::io;

use serde_json::Value;

use super::{MAX_ALIAS_BYTES, MAX_BYTES, MAX_DEPTH, MAX_VALUES};

const MIB: u64 = 1024 * 1024;

/// Why a document was refused.
///
/// Displays as `name:line:column: problem; remedy`, or with a byte where there are no lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentError {
    name: String,
    place: Option<Place>,
    problem: String,
    remedy: String,
}

/// A place in a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In text: line and column in characters, both counted from 1.
    Text {
        /// The line.
        line: usize,
        /// The column.
        column: usize,
    },
    /// In bytes that are not text: the offset, counted from 0.
    Byte(u64),
}

impl DocumentError {
    /// Where the problem is, unless it is the document as a whole.
    pub fn place(&self) -> Option<Place> {
        self.place
    }

    /// The same problem with another way out, for a document that is not downloaded or not written
    /// by hand.
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
            io::ErrorKind::PermissionDenied => "make it readable for this user",
            _ => "check the disk or the program that writes it, and try again",
        };
        Self::new(name, None, format!("failed to read: {error}"), remedy)
    }

    pub(super) fn directory(name: &str) -> Self {
        Self::new(
            name,
            None,
            "is a directory",
            "name the OpenAPI document in it",
        )
    }

    pub(super) fn too_large(name: &str) -> Self {
        let problem = format!("is larger than {} MiB", MAX_BYTES / MIB);
        Self::new(
            name,
            None,
            problem,
            "check that it is an OpenAPI document, or cut it down to the paths needed",
        )
    }

    pub(super) fn empty(name: &str) -> Self {
        Self::new(name, None, "is empty", "download the document again")
    }

    pub(super) fn too_deep(name: &str, place: Place) -> Self {
        let problem = format!("objects and arrays nest deeper than {MAX_DEPTH} levels");
        Self::new(
            name,
            place,
            problem,
            "name the inner schemas under `components` and refer to them",
        )
    }

    pub(super) fn too_many(name: &str, place: Place) -> Self {
        let problem = format!("there are more than {MAX_VALUES} values up to here");
        Self::new(
            name,
            place,
            problem,
            "check that it is an OpenAPI document, or cut it down to the paths needed",
        )
    }

    pub(super) fn duplicate_key(name: &str, key: &str, place: Place, first: Place) -> Self {
        let problem = format!("the key {key:?} is given twice in one object, first at {first}");
        Self::new(name, place, problem, "remove or rename one of the two")
    }

    pub(super) fn alias_budget(name: &str, place: Place) -> Self {
        let problem = format!(
            "the aliases up to here copy more than {} MiB",
            MAX_ALIAS_BYTES as u64 / MIB
        );
        Self::new(
            name,
            place,
            problem,
            "replace anchors and aliases by `$ref`",
        )
    }

    pub(super) fn no_object(name: &str, value: &Value) -> Self {
        let (found, start) = match value {
            Value::Array(_) => ("an array", String::new()),
            Value::String(text) => ("text", format!(" that starts with {:?}", beginning(text))),
            other => ("a single value", format!(" ({other})")),
        };
        let remedy = if matches!(value, Value::String(text) if text.starts_with('<')) {
            "this looks like a web page: download the raw file instead"
        } else {
            "check that it is an OpenAPI document in JSON or YAML"
        };
        Self::new(
            name,
            None,
            format!("holds {found}{start} where an object is needed"),
            remedy,
        )
    }
}

impl fmt::Display for DocumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            name,
            place,
            problem,
            remedy,
        } = self;
        match place {
            Some(Place::Byte(byte)) => write!(f, "{name}: byte {byte}: {problem}; {remedy}"),
            Some(place) => write!(f, "{name}:{place}: {problem}; {remedy}"),
            None => write!(f, "{name}: {problem}; {remedy}"),
        }
    }
}

impl std::error::Error for DocumentError {}

impl Place {
    /// The place of the byte at `offset` in `text`.
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

fn beginning(text: &str) -> String {
    text.chars().take(40).collect()
}
