//! Reports a command line that cannot be parsed, and prints help and version.

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::exit::Exit;
use crate::failure::{Failure, Reporter};
use crate::output::stdout_is_closed;
use crate::style::ColorChoice;

/// Prints help, the version or the error, and returns the exit code.
pub(crate) fn refuse(error: &clap::Error, args: &[OsString]) -> ExitCode {
    if matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
    ) {
        return print(error).into();
    }
    if requests_json(args) {
        let failure = Failure::usage(message(error));
        let failure = match remedy(error) {
            Some(remedy) => failure.remedy(remedy),
            None => failure,
        };
        failure.report(Reporter::with(true, ColorChoice::Never));
    } else {
        let _ = error.print();
    }
    Exit::Usage.into()
}

fn print(help: &clap::Error) -> Exit {
    let printed = if stdout_is_closed() {
        Err(Failure::closed())
    } else {
        // Standard output keeps an incomplete last line in its buffer.
        let printed = help.print().and_then(|()| io::stdout().flush());
        printed.map_err(Failure::from)
    };
    match printed {
        Ok(()) => Exit::Success,
        Err(failure) => {
            failure.report(Reporter::with(false, ColorChoice::Auto));
            failure.exit()
        }
    }
}

/// The message without usage and remedy, from the structured data of the error.
fn message(error: &clap::Error) -> String {
    let value = |kind| error.get(kind).map(ToString::to_string);
    let argument = value(ContextKind::InvalidArg).unwrap_or_default();
    match error.kind() {
        ErrorKind::UnknownArgument => format!("unexpected argument '{argument}' found"),
        ErrorKind::MissingRequiredArgument => {
            let missing = match error.get(ContextKind::InvalidArg) {
                Some(ContextValue::Strings(missing)) => missing.join(", "),
                _ => argument,
            };
            format!("the following required arguments were not provided: {missing}")
        }
        ErrorKind::InvalidSubcommand => {
            let name = value(ContextKind::InvalidSubcommand).unwrap_or_default();
            format!("unrecognized subcommand '{name}'")
        }
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            let text = value(ContextKind::InvalidValue).unwrap_or_default();
            let reason = std::error::Error::source(error).map(ToString::to_string);
            let reason = reason.map_or_else(String::new, |reason| format!(": {reason}"));
            if text.is_empty() {
                format!("a value is required for '{argument}' but none was supplied")
            } else {
                format!("invalid value '{text}' for '{argument}'{reason}")
            }
        }
        ErrorKind::ArgumentConflict => match value(ContextKind::PriorArg) {
            Some(other) if other != argument => {
                format!("the argument '{argument}' cannot be used with {other}")
            }
            _ => format!("the argument '{argument}' cannot be used multiple times"),
        },
        kind => kind.as_str().unwrap_or("invalid command line").to_owned(),
    }
}

/// The suggestion of the error, or the values that the option accepts.
fn remedy(error: &clap::Error) -> Option<String> {
    let value = |kind| error.get(kind).map(ToString::to_string);
    let similar = [
        (ContextKind::SuggestedArg, "a similar argument exists"),
        (
            ContextKind::SuggestedSubcommand,
            "a similar subcommand exists",
        ),
        (ContextKind::SuggestedValue, "a similar value exists"),
    ];
    let suggestion = similar
        .into_iter()
        .find_map(|(kind, text)| Some(format!("{text}: '{}'", value(kind)?)));
    value(ContextKind::Suggested).or(suggestion).or_else(|| {
        let values = value(ContextKind::ValidValue).filter(|values| !values.is_empty())?;
        Some(format!("use one of {values}"))
    })
}

/// Whether a command line that cannot be parsed requests errors in JSON.
fn requests_json(args: &[OsString]) -> bool {
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
        None => {
            args.contains(&"--json")
                || matches!(
                    value_of("--format").or(value_of("-o")),
                    Some("json" | "jsonl")
                )
        }
    }
}
