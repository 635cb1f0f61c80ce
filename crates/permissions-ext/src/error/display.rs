use std::error::Error as _;
use std::fmt;

use super::{Error, remedy};

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "failed to {}: {}", self.0.action, self.0.reason)?;
        if let Some(problem) = &self.0.problem {
            if let Some(code) = &problem.code {
                write!(f, " ({code})")?;
            }
            if let Some(message) = &problem.message {
                write!(f, ": {}", message.trim_end_matches('.'))?;
            }
            if let Some(param) = &problem.param {
                write!(f, " (parameter {param})")?;
            }
        }
        let mut source = self.source();
        while let Some(cause) = source {
            write!(f, ": {cause}")?;
            source = cause.source();
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
