//! What went wrong, as a person and a program are told it.

use std::ffi::OsString;
use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;

use anstyle::{AnsiColor, Reset, Style};
use clap::ValueEnum;
use clap::error::ErrorKind;
use serde::Serialize;

use crate::cli::Global;
use crate::exit::Exit;
use crate::manifest::Problem;
use crate::output::{ColorChoice, Format, harmless};

/// A failure with its exit code and, where there is one, its remedy.
#[derive(Debug)]
pub(crate) struct Failure {
    exit: Exit,
    message: String,
    remedy: Option<String>,
    answer: Box<Answer>,
    details: Vec<Problem>,
    unreachable: bool,
}

/// What the API said.
#[derive(Debug, Default, Serialize)]
struct Answer {
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    type_: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    param: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
}

impl Failure {
    /// A failure of this machine, or of what was asked for.
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self {
            exit,
            message: message.into(),
            remedy: None,
            answer: Box::default(),
            details: Vec::new(),
            unreachable: false,
        }
    }

    /// Tells what to do about it.
    pub(crate) fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    /// Shows the mistakes in files that are the reason.
    pub(crate) fn details(mut self, details: Vec<Problem>) -> Self {
        self.details = details;
        self
    }

    /// Whether no connection could be made.
    pub(crate) fn is_unreachable(&self) -> bool {
        self.unreachable
    }

    /// Whether the server itself failed.
    pub(crate) fn is_server_error(&self) -> bool {
        self.answer.status.is_some_and(|status| status >= 500)
    }

    /// Stopped by Ctrl-C or SIGTERM.
    pub(crate) fn interrupted() -> Self {
        Self::new(Exit::Interrupted, "stopped before the end")
            .remedy("what was printed is done; the same command again does the rest")
    }

    /// The same failure, met when changes had been made: they are told of, and the exit code does not say that
    /// nothing was sent.
    pub(crate) fn after_changes(mut self, done: &str) -> Self {
        if self.exit == Exit::Usage {
            self.exit = Exit::Failure;
        }
        self.remedy(format!("not shown, but done: {done}"))
    }

    /// What it leads to.
    pub(crate) fn exit(&self) -> Exit {
        self.exit
    }

    /// Tells it on standard error.
    pub(crate) fn tell(&self, voice: Voice) {
        if self.exit == Exit::Success {
            return;
        }
        let text = if voice.json {
            self.json()
        } else {
            self.text(voice.color)
        };
        // Nobody is left to tell that standard error is gone.
        let _ = writeln!(io::stderr(), "{text}");
    }

    fn text(&self, color: bool) -> String {
        let red = AnsiColor::Red.on_default().bold();
        let mut text = format!(
            "{}: {}",
            painted("error", red, color),
            harmless(&self.message)
        );
        for detail in &self.details {
            for line in detail.text().lines() {
                text.push('\n');
                text.push_str(&harmless(line));
            }
        }
        if let Some(remedy) = &self.remedy {
            let green = AnsiColor::Green.on_default();
            text.push_str(&format!("\n  {}: {remedy}", painted("tip", green, color)));
        }
        text
    }

    fn json(&self) -> String {
        #[derive(Serialize)]
        struct Document<'a> {
            error: Told<'a>,
        }
        #[derive(Serialize)]
        struct Told<'a> {
            message: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            remedy: Option<&'a str>,
            exit_code: u8,
            #[serde(skip_serializing_if = "<[Problem]>::is_empty")]
            details: &'a [Problem],
            #[serde(flatten)]
            answer: &'a Answer,
        }
        let document = Document {
            error: Told {
                message: &self.message,
                remedy: self.remedy.as_deref(),
                exit_code: self.exit.code(),
                details: &self.details,
                answer: &self.answer,
            },
        };
        serde_json::to_string(&document).unwrap_or_else(|_| self.text(false))
    }
}

impl From<permissions_ext::Error> for Failure {
    fn from(error: permissions_ext::Error) -> Self {
        Self::of(&error)
    }
}

impl Failure {
    /// A call that failed.
    pub(crate) fn of(error: &permissions_ext::Error) -> Self {
        Self {
            exit: exit_of(error),
            remedy: None,
            details: Vec::new(),
            answer: Box::new(Answer {
                status: error.status(),
                type_: error.type_().map(str::to_owned),
                code: error.code().map(str::to_owned),
                param: error.param().map(str::to_owned),
                request_id: error.request_id().map(str::to_owned),
            }),
            message: in_words_of_options(error.to_string()),
            unreachable: error.is_connect(),
        }
    }
}

/// Standard output cannot be written: a reader that went away, as `| head` does, is no failure.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::new(Exit::Success, "the reader of standard output went away");
        }
        Self::new(
            Exit::Failure,
            format!("failed to write to standard output: {error}"),
        )
    }
}

/// The formats of failures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ErrorFormat {
    /// What went wrong and what to do, for people
    Text,
    /// One object on one line
    Json,
}

/// How failures are told.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Voice {
    json: bool,
    color: bool,
}

impl Voice {
    /// As the options ask for.
    pub(crate) fn of(global: &Global) -> Self {
        let json = match global.format_error {
            Some(format) => format == ErrorFormat::Json,
            None => matches!(global.format, Some(Format::Json | Format::Jsonl)),
        };
        Self::new(json, global.color)
    }

    fn new(json: bool, color: ColorChoice) -> Self {
        Self {
            json,
            color: color.on(io::stderr().is_terminal()),
        }
    }
}

/// Answers a command line that is not understood, or one that asks for help.
pub(crate) fn refuse(refusal: &clap::Error, args: &[OsString]) -> ExitCode {
    if matches!(
        refusal.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
    ) {
        // The text's last line may wait in standard output.
        let printed = refusal.print().and_then(|()| io::stdout().flush());
        return match printed.map_err(Failure::from) {
            Ok(()) => Exit::Success.into(),
            Err(failure) => {
                failure.tell(Voice::new(false, ColorChoice::Auto));
                failure.exit().into()
            }
        };
    }
    if asks_for_json(args) {
        let text = refusal.render().to_string();
        let (message, rest) = text.split_once("\n\n").unwrap_or((&text, ""));
        let mut failure = Failure::new(
            Exit::Usage,
            message.trim_start_matches("error: ").trim_end(),
        );
        if let Some(tip) = rest
            .lines()
            .find_map(|line| line.trim().strip_prefix("tip: "))
        {
            failure = failure.remedy(tip);
        }
        failure.tell(Voice::new(true, ColorChoice::Never));
    } else {
        let _ = refusal.print();
    }
    Exit::Usage.into()
}

/// Whether a command line that could not be read as a whole asks for errors in JSON.
fn asks_for_json(args: &[OsString]) -> bool {
    let args: Vec<&str> = args.iter().filter_map(|arg| arg.to_str()).collect();
    let value_of = |option: &str| {
        let next = args.iter().skip_while(|arg| **arg != option).nth(1);
        let joined = || {
            args.iter()
                .find_map(|arg| arg.strip_prefix(option)?.strip_prefix('='))
        };
        next.copied().or_else(joined)
    };
    match value_of("--format-error") {
        Some(format) => format == "json",
        None => matches!(value_of("--format"), Some("json" | "jsonl")),
    }
}

/// The library tells a program which method helps; here it is an option, or there is none.
fn in_words_of_options(text: String) -> String {
    [
        ("`root_certificates`", "--ca-file"),
        (
            "`client_certificate`",
            "--mtls-client-cert-file and --mtls-client-key-file",
        ),
        ("try again, or allow more time with `timeout`", "try again"),
        ("try again, or allow more time with `deadline`", "try again"),
        (
            "ask for smaller pages, or raise `body_limit`",
            "ask for smaller pages with --page-size",
        ),
    ]
    .into_iter()
    .fold(text, |text, (method, option)| text.replace(method, option))
}

fn exit_of(error: &permissions_ext::Error) -> Exit {
    let busy = matches!(error.status(), Some(408 | 409));
    if error.is_unauthorized() || error.is_permission_denied() {
        Exit::Auth
    } else if error.is_config() {
        Exit::Usage
    } else if error.is_certificate() {
        // A connection failure, but one that stays.
        Exit::Failure
    } else if error.is_rate_limited()
        || error.is_server_error()
        || error.is_connect()
        || error.is_timeout()
        || error.is_transport()
        || busy
    {
        Exit::Temporary
    } else {
        Exit::Failure
    }
}

fn painted(word: &str, style: Style, color: bool) -> String {
    if color {
        format!("{style}{word}{Reset}")
    } else {
        word.to_owned()
    }
}
