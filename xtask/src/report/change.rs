//! One difference, and what it means for who uses the client.

use std::fmt;

use serde::Serialize;

/// What a change asks of the next version of the client, by semantic versioning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Grade {
    /// Code and traffic stay as they were: documentation, or what the client does not look at.
    Patch,
    /// Something is new; what was written against the old client still compiles and works.
    Minor,
    /// Code may cease to compile, or a call that used to succeed may fail.
    Major,
}

/// Which way the value travels that a change is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// From the client to the server: the server may not ask for more.
    Request,
    /// From the server to the client: the server may not send other than it promised.
    Response,
    /// Both ways, so that both rules hold.
    Both,
}

/// One difference between two documents.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Change {
    /// What it asks of the next version.
    pub grade: Grade,
    /// Which way it travels; absent where it is about neither.
    pub direction: Option<Direction>,
    /// Where it is, as `Permission.project_id` or `GET /path, query limit`.
    pub location: String,
    /// What is different.
    pub what: String,
    /// Why it has its grade.
    pub reason: String,
}

impl Direction {
    /// The stricter of two grades where a value travels both ways.
    pub(super) fn grade(self, request: Grade, response: Grade) -> Grade {
        match self {
            Self::Request => request,
            Self::Response => response,
            Self::Both => request.max(response),
        }
    }

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
