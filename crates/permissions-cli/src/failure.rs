//! Errors of the command, as text for people and JSON for programs.

use std::io::{self, IsTerminal as _, Write as _};

use anstyle::AnsiColor;
use serde::Serialize;

use crate::escape::escape_control;
use crate::exit::Exit;
use crate::format::{ErrorFormat, Format};
use crate::problem::Problem;
use crate::style::{ColorChoice, paint};

/// An error with its exit code and its remedy.
#[derive(Debug)]
pub(crate) struct Failure {
    exit: Exit,
    message: String,
    remedy: Option<String>,
    response: Box<Response>,
    problems: Vec<Problem>,
}

/// The error response of the API.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Response {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) kind: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<u16>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub(crate) type_: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) param: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) request_id: Option<String>,
}

impl Failure {
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self {
            exit,
            message: message.into(),
            remedy: None,
            response: Box::default(),
            problems: Vec::new(),
        }
    }

    /// An invalid command line or input file.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// A closed standard output.
    pub(crate) fn closed() -> Self {
        Self::new(Exit::Failure, "standard output is closed")
            .remedy("redirect it to a file or to /dev/null")
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

    /// Adds the error response of the API.
    pub(crate) fn response(mut self, response: Response) -> Self {
        *self.response = response;
        self
    }

    /// Adds problems in files.
    pub(crate) fn problems(mut self, problems: Vec<Problem>) -> Self {
        self.problems = problems;
        self
    }

    /// Describes a failure after changes were made. Its exit code is not 64, which means that nothing was sent.
    pub(crate) fn after_changes(mut self, changes: &str) -> Self {
        if matches!(self.exit, Exit::Usage | Exit::Success) {
            self.exit = Exit::Failure;
        }
        self.remedy(format!(
            "these changes were made, although they are not shown: {changes}"
        ))
    }

    /// The remedy, or an empty text.
    pub(crate) fn remedy_text(&self) -> &str {
        self.remedy.as_deref().unwrap_or_default()
    }

    /// The message with the remedy.
    pub(crate) fn as_warning(&self) -> String {
        let remedy = self
            .remedy
            .as_ref()
            .map_or_else(String::new, |remedy| format!("; {remedy}"));
        format!("{}{remedy}", self.message)
    }

    pub(crate) fn exit(&self) -> Exit {
        self.exit
    }

    /// Whether no connection to the server was made.
    pub(crate) fn is_connection_error(&self) -> bool {
        matches!(
            self.response.kind.as_deref(),
            Some("connect" | "transport" | "certificate" | "timeout")
        )
    }

    /// Whether the response has a status of 500 or above.
    pub(crate) fn is_server_error(&self) -> bool {
        self.response.status.is_some_and(|status| status >= 500)
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
        #[derive(Serialize)]
        struct Body<'a> {
            message: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            remedy: Option<&'a str>,
            exit_code: u8,
            #[serde(skip_serializing_if = "<[Problem]>::is_empty")]
            details: &'a [Problem],
            #[serde(flatten)]
            response: &'a Response,
        }
        let body = Body {
            message: &self.message,
            remedy: self.remedy.as_deref(),
            exit_code: self.exit.code(),
            details: &self.problems,
            response: &self.response,
        };
        serde_json::json!({ "error": body }).to_string()
    }
}

/// Standard output cannot be written. A reader that stopped reading, such as `head`, is not a failure.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::new(Exit::Success, "the reader of standard output is gone");
        }
        let message = format!("failed to write to standard output: {error}");
        Self::new(Exit::Failure, message)
    }
}

/// Writes messages to standard error.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reporter {
    json: bool,
    color: bool,
}

impl Reporter {
    /// Uses `error_format`, or by default the kind of `format`.
    pub(crate) fn new(
        error_format: Option<ErrorFormat>,
        format: Option<Format>,
        color: ColorChoice,
    ) -> Self {
        let json = match error_format {
            Some(format) => format == ErrorFormat::Json,
            None => matches!(format, Some(Format::Json | Format::Jsonl)),
        };
        Self::with(json, color)
    }

    pub(crate) fn with(json: bool, color: ColorChoice) -> Self {
        Self {
            json,
            color: color.enabled(io::stderr().is_terminal()),
        }
    }

    /// Writes a warning.
    pub(crate) fn warn(self, text: &str) {
        let text = escape_control(text);
        if self.json {
            let document = serde_json::json!({ "warning": { "message": text } });
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
