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

/// Converts the error of a failed write to standard output. The exit code is 0 if the reader stopped reading, as `head`
/// does.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::new(
                Exit::Success,
                "the reader of standard output has closed the pipe",
            );
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
        let (exit, remedy) = classify(error);
        let remedy = match error.kind() {
            // The library's remedies for these errors do not refer to methods, and may contain the source of the key.
            ErrorKind::Unauthorized | ErrorKind::PermissionDenied => {
                error.remedy().map(Cow::into_owned)
            }
            _ => Some(remedy.to_owned()).filter(|remedy| !remedy.is_empty()),
        };
        Self {
            remedy,
            cause: Some(error.clone()),
            ..Self::new(exit, error.to_string())
        }
    }
}

impl From<InvalidId> for Failure {
    fn from(error: InvalidId) -> Self {
        Self::usage(error.to_string())
    }
}

/// Returns the exit code and the remedy for an error of the library. The remedy refers to options of the command,
/// because remedies of the library refer to methods.
fn classify(error: &Error) -> (Exit, &'static str) {
    use ErrorKind as Kind;
    use Exit::{Auth, Failure, Temporary, Usage};
    const PROXY: &str = "check the address and the credentials of the proxy, \
        and that the proxy allows the host of the base URL";
    const BASE_URL: &str = "check that the base URL is the address of the API and ends in /v1";
    const AGAIN: &str = "run the same command again: existing permissions are not created twice";
    match error.kind() {
        Kind::Key | Kind::Unauthorized | Kind::PermissionDenied => (Auth, ""),
        Kind::Config | Kind::InvalidId | Kind::NotAllowed => (Usage, ""),
        Kind::TargetMismatch => (
            Usage,
            "nothing was changed; make a plan for this target with `permissions plan`",
        ),
        Kind::StalePlan => (
            Failure,
            "nothing was changed; `permissions plan` makes a new plan",
        ),
        Kind::Timeout => (Temporary, "try again, or allow more time with --timeout"),
        Kind::Deadline => (Temporary, "try again, or allow more time with --deadline"),
        Kind::RateLimited | Kind::Server | Kind::Conflict => (Temporary, "try again later"),
        Kind::Connect => (Temporary, ""),
        Kind::Transport => (Temporary, AGAIN),
        Kind::Incomplete => (Failure, AGAIN),
        // A proxy that refuses the credentials (407) refuses them again.
        Kind::Proxy if error.status().is_some() => (Failure, PROXY),
        Kind::Proxy => (Temporary, PROXY),
        Kind::Certificate => (
            Failure,
            "trust another root certificate with --ca-file, or present a client certificate with \
             --mtls-client-cert-file and --mtls-client-key-file",
        ),
        Kind::BodyTooLarge => (Failure, "use smaller pages with --page-size"),
        Kind::Decode => (Failure, BASE_URL),
        // Every request except the list of projects has a checkpoint.
        Kind::NotFound if error.checkpoint().is_none() => (
            Failure,
            "check the base URL; the server may have no list of projects",
        ),
        Kind::NotFound if error.type_().is_none() => (Failure, BASE_URL),
        Kind::NotFound => (Failure, "check the ids"),
        Kind::Redirect => (Failure, "use the target of the redirect as the base URL"),
        Kind::QuotaExceeded => (
            Failure,
            "check the billing plan and the credit of the organization",
        ),
        _ => (Failure, ""),
    }
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
