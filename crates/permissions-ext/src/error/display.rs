use std::error::Error as StdError;
use std::fmt;
use std::iter::successors;
use std::time::Duration;

use serde::ser::{Serialize, SerializeStruct as _, Serializer};

use super::text::{one_line, shorten, truncate};
use super::{Attempt, Error};

/// Limit of an error's text in bytes. The text and its ellipsis together stay below 1 KiB, so that an error fits into
/// one log line.
const LIMIT: usize = 1_000;

/// Limit of each text from the API or the caller within an error, in bytes.
const PART: usize = 240;

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = self.headline();
        for cause in self.causes() {
            text += &format!(": {cause}");
        }
        if let Some(request_id) = self.request_id() {
            text += &format!(" (request id {})", part(request_id));
        }
        if self.0.attempts.len() > 1 {
            text += &format!(", after {} attempts", self.0.attempts.len());
        }
        if let Some(wait) = self.0.retry_after {
            text += &format!("; the API asks to wait {}", readable(wait));
        }
        truncate(&mut text, LIMIT);
        f.write_str(&text)
    }
}

/// Writes readable text instead of the fields, because a failed `main` or `unwrap` prints the output of `Debug`.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = self.headline() + &section("Caused by:", self.causes());
        if let Some(remedy) = self.remedy() {
            text += &format!("\n\nRemedy: {remedy}");
        }
        if let Some(request_id) = self.request_id() {
            text += &format!("\n\nRequest id: {}", part(request_id));
        }
        if let Some(wait) = self.0.retry_after {
            text += &format!("\n\nThe API asks to wait {}.", readable(wait));
        }
        if self.0.attempts.len() > 1 {
            text += &section("Attempts:", self.0.attempts.iter().map(describe_attempt));
        }
        truncate(&mut text, LIMIT);
        f.write_str(&text)
    }
}

/// Writes an object with `kind`, `message` (the text of `Display`), `remedy`, `status`, `code`, `type`, `param` and
/// `request_id`. Unknown values are null.
impl Serialize for Error {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Error", 8)?;
        object.serialize_field("kind", &self.kind())?;
        object.serialize_field("message", &self.to_string())?;
        object.serialize_field("remedy", &self.remedy())?;
        object.serialize_field("status", &self.status())?;
        object.serialize_field("code", &self.code())?;
        object.serialize_field("type", &self.type_())?;
        object.serialize_field("param", &self.param())?;
        object.serialize_field("request_id", &self.request_id())?;
        object.end()
    }
}

impl Error {
    /// Returns the operation, the reason and the API's message, without causes.
    fn headline(&self) -> String {
        let action = part(&self.0.action.to_string());
        let mut text = format!("failed to {action}: {}", one_line(&self.0.reason));
        let Some(response) = &self.0.response else {
            return text;
        };
        if let Some(code) = &response.code {
            text += &format!(" ({})", part(code));
        }
        if let Some(message) = &response.message {
            text += &format!(": {}", part(message.trim_end_matches('.')));
        }
        if let Some(param) = &response.param {
            text += &format!(" (parameter {})", part(param));
        }
        text
    }

    fn causes(&self) -> impl Iterator<Item = String> {
        let causes = successors(self.source(), |&cause| cause.source());
        causes.map(|cause| part(&cause.to_string()))
    }
}

fn part(text: &str) -> String {
    one_line(&shorten(text, PART))
}

/// Returns a title and the numbered lines below the title. Returns an empty text if there are no lines.
fn section(title: &str, lines: impl Iterator<Item = String>) -> String {
    let lines = (1..).zip(lines);
    let lines: String = lines
        .map(|(number, line)| format!("\n    {number}: {line}"))
        .collect();
    match lines.is_empty() {
        true => lines,
        false => format!("\n\n{title}{lines}"),
    }
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

/// Writes a wait in days, hours, minutes and seconds. A wait below a minute is exact. A wait longer than a year is
/// written as `more than a year`.
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
