//! An error as text: on one line with `Display`, and with `Debug`, which `main` prints, on as many as it takes.

use std::error::Error as StdError;
use std::fmt;
use std::iter::successors;

use super::{Error, remedy};
use crate::transport::Attempt;

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.headline(f)?;
        for cause in self.causes() {
            write!(f, ": {cause}")?;
        }
        if let Some(request_id) = self.request_id() {
            write!(f, " (request id {request_id})")?;
        }
        if self.0.attempts.len() > 1 {
            write!(f, ", after {} attempts", self.0.attempts.len())?;
        }
        if let Some(wait) = self.0.retry_after {
            write!(f, "; the API asks to wait {wait:?}")?;
        }
        if let Some(remedy) = remedy::of(self) {
            write!(f, "; {remedy}")?;
        }
        Ok(())
    }
}

/// For people, as it is what a failed `main` or `unwrap` prints; `{:#?}` gives the fields.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if f.alternate() {
            return self.fields(f);
        }
        self.headline(f)?;
        let causes: Vec<String> = self.causes().map(ToString::to_string).collect();
        section(f, "Caused by:", &causes)?;
        if self.0.attempts.len() > 1 {
            let attempts: Vec<String> = self.0.attempts.iter().map(attempt).collect();
            section(f, "Attempts:", &attempts)?;
        }
        if let Some(request_id) = self.request_id() {
            write!(f, "\n\nRequest id: {request_id}")?;
        }
        if let Some(wait) = self.0.retry_after {
            write!(f, "\n\nThe API asks to wait {wait:?}.")?;
        }
        if let Some(remedy) = remedy::of(self) {
            write!(f, "\n\nWhat to do: {remedy}")?;
        }
        Ok(())
    }
}

impl Error {
    /// What failed and why, without causes and remedy.
    fn headline(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "failed to {}: {}", self.0.action, self.0.reason)?;
        let Some(problem) = &self.0.problem else {
            return Ok(());
        };
        if let Some(code) = &problem.code {
            write!(f, " ({code})")?;
        }
        if let Some(message) = &problem.message {
            write!(f, ": {}", message.trim_end_matches('.'))?;
        }
        if let Some(param) = &problem.param {
            write!(f, " (parameter {param})")?;
        }
        Ok(())
    }

    fn causes(&self) -> impl Iterator<Item = &(dyn StdError + 'static)> {
        successors(self.source(), |&cause| cause.source())
    }

    fn fields(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("action", &self.0.action)
            .field("reason", &self.0.reason)
            .field("problem", &self.0.problem)
            .field("source", &self.0.source)
            .field("attempts", &self.0.attempts)
            .field("retry_after", &self.0.retry_after)
            .field("created", &self.0.created)
            .finish_non_exhaustive()
    }
}

fn section(f: &mut fmt::Formatter<'_>, title: &str, lines: &[String]) -> fmt::Result {
    if lines.is_empty() {
        return Ok(());
    }
    write!(f, "\n\n{title}")?;
    for (number, line) in (1..).zip(lines) {
        write!(f, "\n    {number}: {line}")?;
    }
    Ok(())
}

fn attempt(attempt: &Attempt) -> String {
    let mut text = format!("{} ({:?}", attempt.reason(), attempt.elapsed());
    if let Some(request_id) = attempt.request_id() {
        text.push_str(&format!(", request id {request_id}"));
    }
    text.push(')');
    if let Some(delay) = attempt.delay() {
        text.push_str(&format!(", then a wait of {delay:?}"));
    }
    text
}
