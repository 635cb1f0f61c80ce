use std::error::Error as StdError;
use std::fmt::{self, Write};
use std::iter::successors;
use std::time::Duration;

use super::text::{Bounded, OneLine, shorten};
use super::{Attempt, Error};

/// Limit of an error's text in bytes. It stays below 1 KiB with an ellipsis, so that an error fits into one log line.
const LIMIT: usize = 1_000;

/// Limit of each text from the API or the caller within an error, in bytes.
const PART: usize = 240;

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = Bounded::new(f, LIMIT);
        self.write_headline(&mut line)?;
        for cause in self.causes() {
            write!(line, ": {cause}")?;
        }
        if let Some(request_id) = self.request_id() {
            write!(line, " (request id {})", part(request_id))?;
        }
        if self.0.attempts.len() > 1 {
            write!(line, ", after {} attempts", self.0.attempts.len())?;
        }
        if let Some(wait) = self.0.retry_after {
            write!(line, "; the API asks to wait {}", readable(wait))?;
        }
        Ok(())
    }
}

/// Writes readable text instead of the fields, because a failed `main` or `unwrap` prints it.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = Bounded::new(f, LIMIT);
        self.write_headline(&mut out)?;
        write_section(&mut out, "Caused by:", self.causes())?;
        if let Some(remedy) = self.remedy() {
            write!(out, "\n\nRemedy: {remedy}")?;
        }
        if let Some(request_id) = self.request_id() {
            write!(out, "\n\nRequest id: {}", part(request_id))?;
        }
        if let Some(wait) = self.0.retry_after {
            write!(out, "\n\nThe API asks to wait {}.", readable(wait))?;
        }
        if self.0.attempts.len() > 1 {
            let attempts = self.0.attempts.iter().map(describe_attempt);
            write_section(&mut out, "Attempts:", attempts)?;
        }
        Ok(())
    }
}

impl Error {
    /// Writes the operation, the reason and the API's message, without causes.
    fn write_headline(&self, out: &mut impl Write) -> fmt::Result {
        let action = part(&self.0.action.to_string());
        write!(out, "failed to {action}: {}", OneLine(&self.0.reason))?;
        let Some(response) = &self.0.response else {
            return Ok(());
        };
        if let Some(code) = &response.code {
            write!(out, " ({})", part(code))?;
        }
        if let Some(message) = &response.message {
            write!(out, ": {}", part(message.trim_end_matches('.')))?;
        }
        if let Some(param) = &response.param {
            write!(out, " (parameter {})", part(param))?;
        }
        Ok(())
    }

    fn causes(&self) -> impl Iterator<Item = String> {
        let causes = successors(self.source(), |&cause| cause.source());
        causes.map(|cause| part(&cause.to_string()))
    }
}

fn part(text: &str) -> String {
    OneLine(shorten(text, PART)).to_string()
}

fn write_section(
    out: &mut impl Write,
    title: &str,
    lines: impl Iterator<Item = String>,
) -> fmt::Result {
    for (number, line) in (1..).zip(lines) {
        if number == 1 {
            write!(out, "\n\n{title}")?;
        }
        write!(out, "\n    {number}: {line}")?;
    }
    Ok(())
}

fn describe_attempt(attempt: &Attempt) -> String {
    let mut text = format!("{} ({:?}", part(&attempt.reason), attempt.elapsed);
    if let Some(request_id) = &attempt.request_id {
        text.push_str(&format!(", request id {}", part(request_id)));
    }
    text.push(')');
    if let Some(delay) = attempt.delay {
        text.push_str(&format!(", next attempt after {}", readable(delay)));
    }
    text
}

/// Seconds in 365 days.
const YEAR: u64 = 365 * 86_400;

/// Writes a wait in days, hours, minutes and seconds. Below a minute, writes the exact value. Nobody waits for a year, so
/// longer waits need no figure.
pub(crate) fn readable(wait: Duration) -> String {
    let seconds = wait.as_secs();
    if seconds < 60 {
        return format!("{wait:?}");
    }
    if seconds >= YEAR {
        return "more than a year".to_owned();
    }
    let units = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")];
    let mut rest = seconds;
    let mut parts = Vec::new();
    for (length, unit) in units {
        if rest >= length {
            parts.push(format!("{} {unit}", rest / length));
            rest %= length;
        }
    }
    // The two largest units are precise enough.
    parts.truncate(2);
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_wait_displays_in_large_units() {
        for (seconds, text) in [
            (2, "2s"),
            (61, "1 min 1 s"),
            (90_000, "1 d 1 h"),
            (120, "2 min"),
        ] {
            assert_eq!(readable(Duration::from_secs(seconds)), text);
        }
        assert_eq!(readable(Duration::from_millis(250)), "250ms");
        assert_eq!(readable(Duration::from_secs(364 * 86_400)), "364 d");
        assert_eq!(readable(Duration::MAX), "more than a year");
    }
}
