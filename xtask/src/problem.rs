//! What is wrong with a document, all of it at once, each with its place and a way out.

use std::fmt;

use crate::reference::Pointer;

/// One thing that stops the pipeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The operation at fault, as `GET /path`, where one is.
    pub operation: Option<String>,
    /// Where in the document.
    pub at: String,
    /// What is wrong.
    pub what: String,
    /// What to do about it.
    pub remedy: String,
}

impl Problem {
    /// A problem at a place.
    pub fn new(at: &Pointer, what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            operation: operation_of(at),
            at: at.to_string(),
            what: what.into(),
            remedy: remedy.into(),
        }
    }

    /// The same problem, said of an operation.
    pub fn of(mut self, operation: impl Into<String>) -> Self {
        self.operation = Some(operation.into());
        self
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

/// Everything that stops one stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems {
    stage: &'static str,
    list: Vec<Problem>,
}

impl Problems {
    /// `Ok` where nothing was found.
    ///
    /// # Errors
    ///
    /// All of `list`, under the name of the stage that found them.
    pub fn check(stage: &'static str, list: Vec<Problem>) -> Result<(), Self> {
        if list.is_empty() {
            Ok(())
        } else {
            Err(Self::new(stage, list))
        }
    }

    /// Problems that stop a stage, at least one.
    pub(crate) fn new(stage: &'static str, list: Vec<Problem>) -> Self {
        Self { stage, list }
    }

    /// One problem alone.
    pub fn one(stage: &'static str, problem: Problem) -> Self {
        Self::new(stage, vec![problem])
    }

    /// The problems, in the order in which they were found.
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

/// Something that a stage changed or dropped and that a reviewer should know of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Note {
    /// The rule that did it.
    pub rule: &'static str,
    /// Where in the document, as it was when the rule met it.
    pub at: String,
    /// What it did.
    pub what: String,
}

impl Note {
    /// A note on a place.
    pub fn new(rule: &'static str, at: &Pointer, what: impl Into<String>) -> Self {
        Self {
            rule,
            at: at.to_string(),
            what: what.into(),
        }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} (at {})", self.rule, self.what, self.at)
    }
}

/// `GET /path` of a place under `/paths`.
fn operation_of(at: &Pointer) -> Option<String> {
    match at.keys() {
        [paths, path, method, ..]
            if paths == "paths" && crate::tree::METHODS.contains(&method.as_str()) =>
        {
            Some(format!("{} {path}", method.to_uppercase()))
        }
        _ => None,
    }
}
