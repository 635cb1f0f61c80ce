//! Problems that stop the pipeline, and notes for reviewers.

use std::fmt;

use crate::{reference::Pointer, tree::METHODS};

/// A problem that stops the pipeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The affected operation as `GET /path`, if the problem concerns one.
    pub operation: Option<String>,
    /// Location in the document.
    pub at: String,
    /// Description of the problem.
    pub what: String,
    /// Remedy, in the imperative.
    pub remedy: String,
}

impl Problem {
    /// Returns a problem at a location.
    pub fn new(at: &Pointer, what: impl Into<String>, remedy: impl Into<String>) -> Self {
        let operation = match at.keys() {
            [paths, path, method, ..] if paths == "paths" && METHODS.contains(&method.as_str()) => {
                Some(format!("{} {path}", method.to_uppercase()))
            }
            _ => None,
        };
        Self {
            operation,
            at: at.to_string(),
            what: what.into(),
            remedy: remedy.into(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(operation) = &self.operation {
            write!(f, "{operation}: ")?;
        }
        write!(
            f,
            "{} (at {})\n  remedy: {}",
            self.what, self.at, self.remedy
        )
    }
}

/// All problems that a stage found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems {
    stage: &'static str,
    list: Vec<Problem>,
}

impl Problems {
    /// Returns `Ok` if the list is empty.
    ///
    /// # Errors
    ///
    /// Returns the problems with the name of the stage that found them.
    pub fn check(stage: &'static str, list: Vec<Problem>) -> Result<(), Self> {
        match list.is_empty() {
            true => Ok(()),
            false => Err(Self::new(stage, list)),
        }
    }

    /// Returns the error for one or more problems.
    pub(crate) fn new(stage: &'static str, list: Vec<Problem>) -> Self {
        Self { stage, list }
    }

    /// Returns the problems in the order in which they were found.
    pub fn list(&self) -> &[Problem] {
        &self.list
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.list.len() == 1 { "" } else { "s" };
        write!(
            f,
            "failed to {}: {} problem{plural}",
            self.stage,
            self.list.len()
        )?;
        for problem in &self.list {
            write!(f, "\n- {problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

/// A change that a stage made and that a reviewer should check.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Note {
    /// Name of the rule that made the change.
    pub rule: &'static str,
    /// Location of the changed value, in the document before the change.
    pub at: String,
    /// The change.
    pub what: String,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} (at {})", self.rule, self.what, self.at)
    }
}

/// The problems and notes that the rules of a stage report.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub(crate) problems: Vec<Problem>,
    notes: Vec<Note>,
}

impl Findings {
    /// Adds a problem at a location.
    pub(crate) fn problem(
        &mut self,
        at: &Pointer,
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.problems.push(Problem::new(at, what, remedy));
    }

    /// Adds a note on a location.
    pub(crate) fn note(&mut self, rule: &'static str, at: &Pointer, what: impl Into<String>) {
        self.notes.push(Note {
            rule,
            at: at.to_string(),
            what: what.into(),
        });
    }

    /// Moves the notes to `notes`, sorted.
    ///
    /// # Errors
    ///
    /// Returns the problems, if there are any.
    pub(crate) fn finish(
        mut self,
        stage: &'static str,
        notes: &mut Vec<Note>,
    ) -> Result<(), Problems> {
        Problems::check(stage, self.problems)?;
        self.notes.sort();
        notes.append(&mut self.notes);
        Ok(())
    }
}
