//! Errors of the command, as text for people and JSON for programs.

use std::borrow::Cow;
use std::io::{self, Write as _};

use anstyle::AnsiColor;
use permissions_ext::{Error, ErrorKind, InvalidId};
use serde_json::json;

use crate::exit::Exit;
use crate::problem::Problem;
use crate::style::{escape_control, paint};

/// An error with its exit code and its remedy.
#[derive(Debug)]
pub(crate) struct Failure {
    exit: Exit,
    message: String,
    remedy: Option<String>,
    /// The error of the library, which contains the response of the API.
    cause: Option<Error>,
    problems: Vec<Problem>,
}

impl Failure {
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self {
            exit,
            message: message.into(),
            remedy: None,
            cause: None,
            problems: Vec::new(),
        }
    }

    /// An invalid command line or input file.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// A local failure. `action` is what failed, such as "write the plan".
    pub(crate) fn failed_to(action: &str, error: impl std::fmt::Display) -> Self {
        Self::new(Exit::Failure, format!("failed to {action}: {error}"))
    }

    /// Sets the remedy.
    pub(crate) fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    /// Sets the remedy, unless there is one.
    pub(crate) fn remedy_if_none(mut self, remedy: impl FnOnce() -> String) -> Self {
        self.remedy.get_or_insert_with(remedy);
        self
    }

    /// Adds problems in files.
    pub(crate) fn problems(mut self, problems: Vec<Problem>) -> Self {
        self.problems = problems;
        self
    }

    /// Describes a failure after changes were made. Its exit code is never 64, because 64 means that nothing was sent.
    pub(crate) fn after_changes(mut self, changes: &str) -> Self {
        if matches!(self.exit, Exit::Usage | Exit::Success) {
            self.exit = Exit::Failure;
        }
        self.remedy(format!(
            "these changes were made, although they are not shown: {changes}"
        ))
    }

    /// The remedy, or an empty string.
    pub(crate) fn remedy_text(&self) -> &str {
        self.remedy.as_deref().unwrap_or_default()
    }

    /// The message with the remedy.
    pub(crate) fn as_warning(&self) -> String {
        match &self.remedy {
            Some(remedy) => format!("{}; {remedy}", self.message),
            None => self.message.clone(),
        }
    }

    pub(crate) fn exit(&self) -> Exit {
        self.exit
    }

    /// Whether no connection to the server was made.
    pub(crate) fn is_connection_error(&self) -> bool {
        use ErrorKind::{Certificate, Connect, Timeout, Transport};
        let kind = self.cause.as_ref().map(Error::kind);
        matches!(kind, Some(Connect | Transport | Certificate | Timeout))
    }

    /// Whether the response has a status of 500 or above.
    pub(crate) fn is_server_error(&self) -> bool {
        let status = self.cause.as_ref().and_then(Error::status);
        status.is_some_and(|status| status >= 500)
    }

    /// Writes the error to standard error.
    pub(crate) fn report(&self, reporter: Reporter) {
        // Exit code 0: the reader of standard output stopped reading, as `head` does.
        if self.exit == Exit::Success {
            return;
        }
        let text = if reporter.json {
            self.json()
        } else {
            self.text(reporter.color)
        };
        reporter.line(&text);
    }

    fn text(&self, color: bool) -> String {
        let red = AnsiColor::Red.on_default().bold();
        let message = escape_control(&self.message);
        let mut text = format!("{}: {message}", paint("error", red, color));
        for problem in &self.problems {
            for line in problem.text().lines() {
                text.push('\n');
                text.push_str(&escape_control(line));
            }
        }
        if let Some(remedy) = &self.remedy {
            let tip = paint("tip", AnsiColor::Green.on_default(), color);
            text.push_str(&format!("\n  {tip}: {}", escape_control(remedy)));
        }
        text
    }

    fn json(&self) -> String {
        let mut error = json!(self.cause);
        error["message"] = json!(self.message);
        error["remedy"] = json!(self.remedy);
        error["exit_code"] = json!(self.exit.code());
        if !self.problems.is_empty() {
            error["details"] = json!(self.problems);
        }
        if let Some(error) = error.as_object_mut() {
            error.retain(|_, value| !value.is_null());
        }
        json!({ "error": error }).to_string()
    }
}

/// Standard output cannot be written. A reader that stopped reading, such as `head`, is not a failure.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::new(Exit::Success, "the reader of standard output is gone");
        }
        Self::failed_to("write to standard output", error)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::from(&error)
    }
}

impl From<&Error> for Failure {
    fn from(error: &Error) -> Self {
        let remedy = remedy(error).map(Cow::into_owned);
        Self {
            remedy,
            cause: Some(error.clone()),
            ..Self::new(exit_of(error), error.to_string())
        }
    }
}

impl From<InvalidId> for Failure {
    fn from(error: InvalidId) -> Self {
        Self::usage(error.to_string())
    }
}

fn exit_of(error: &Error) -> Exit {
    match error.kind() {
        ErrorKind::Key | ErrorKind::Unauthorized | ErrorKind::PermissionDenied => Exit::Auth,
        ErrorKind::Config
        | ErrorKind::InvalidId
        | ErrorKind::TargetMismatch
        | ErrorKind::NotAllowed => Exit::Usage,
        // A proxy that refuses the credentials (407) refuses them again.
        ErrorKind::Proxy if error.status().is_some() => Exit::Failure,
        ErrorKind::RateLimited
        | ErrorKind::Conflict
        | ErrorKind::Timeout
        | ErrorKind::Deadline
        | ErrorKind::Server
        | ErrorKind::Connect
        | ErrorKind::Proxy
        | ErrorKind::Transport => Exit::Temporary,
        _ => Exit::Failure,
    }
}

/// The remedy, which refers to options of the command. The remedies of the library refer to methods instead.
fn remedy(error: &Error) -> Option<Cow<'_, str>> {
    let remedy = match error.kind() {
        // These remedies name the source of the key.
        ErrorKind::Unauthorized | ErrorKind::PermissionDenied => return error.remedy(),
        ErrorKind::Certificate => {
            "trust another root certificate with --ca-file, or present a client certificate with \
             --mtls-client-cert-file and --mtls-client-key-file"
        }
        ErrorKind::Timeout => "try again, or allow more time with --timeout",
        ErrorKind::Deadline => "try again, or allow more time with --deadline",
        ErrorKind::BodyTooLarge => "use smaller pages with --page-size",
        ErrorKind::Decode => "check that the base URL is that of the API and ends in /v1",
        ErrorKind::Redirect => "use the target of the redirect as the base URL",
        ErrorKind::Proxy => {
            "check the address and the credentials of the proxy, and which hosts it allows"
        }
        ErrorKind::QuotaExceeded => "check the plan and the billing of the organization",
        ErrorKind::NotFound if error.type_().is_none() => {
            "check that the base URL is that of the API and ends in /v1"
        }
        ErrorKind::NotFound => "check the ids",
        ErrorKind::RateLimited | ErrorKind::Server | ErrorKind::Conflict => "try again later",
        ErrorKind::Transport | ErrorKind::Incomplete => {
            "run the same command again: existing permissions are not created twice"
        }
        ErrorKind::StalePlan => "nothing was changed; `permissions plan` makes a new plan",
        ErrorKind::TargetMismatch => {
            "nothing was changed; make a plan for this target with `permissions plan`"
        }
        _ => return None,
    };
    Some(remedy.into())
}

/// Writes messages to standard error.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reporter {
    json: bool,
    color: bool,
}

impl Reporter {
    pub(crate) fn new(json: bool, color: bool) -> Self {
        Self { json, color }
    }

    /// Writes a warning.
    pub(crate) fn warn(self, text: &str) {
        let text = escape_control(text);
        if self.json {
            let document = json!({ "warning": { "message": text } });
            return self.line(&document.to_string());
        }
        let yellow = AnsiColor::Yellow.on_default().bold();
        self.line(&format!("{}: {text}", paint("warning", yellow, self.color)));
    }

    /// Writes a line. Errors are ignored, because there is nowhere left to report them.
    pub(crate) fn line(self, text: &str) {
        let _ = writeln!(io::stderr(), "{text}");
    }
}
