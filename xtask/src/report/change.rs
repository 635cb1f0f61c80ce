//! A change and its grade.

use std::fmt;

use serde::Serialize;

/// The version bump that a change requires, by semantic versioning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Grade {
    /// Neither code nor requests and responses change.
    Patch,
    /// Adds functionality. Existing code compiles and works.
    Minor,
    /// Existing code may not compile, or a call that succeeded may fail.
    Major,
}

/// Whether a value is part of requests, responses or both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Sent by the client. The server must not require more than before.
    Request,
    /// Sent by the server. The server must not send other values than before.
    Response,
    /// Sent by the client and the server.
    Both,
}

/// A difference between two trimmed specs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Change {
    /// The version bump that the change requires.
    pub grade: Grade,
    /// Direction of the changed value. `None` if the change concerns no value.
    pub direction: Option<Direction>,
    /// Location of the change, such as `Permission.project_id` or `GET /path, query limit`.
    pub location: String,
    /// The difference.
    pub what: String,
    /// Reason for the grade.
    pub reason: String,
}

impl Direction {
    pub(super) fn and(self, other: Self) -> Self {
        if self == other { self } else { Self::Both }
    }
}

impl fmt::Display for Grade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Patch => "patch",
            Self::Minor => "minor",
            Self::Major => "major",
        })
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Request => "request",
            Self::Response => "response",
            Self::Both => "request and response",
        })
    }
}
