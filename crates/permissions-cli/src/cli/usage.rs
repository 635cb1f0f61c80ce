//! Reports a command line that cannot be parsed, and prints help and version.

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::error::ErrorKind;

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
    if asks_for_json(args) {
        let text = error.render().to_string();
        let (message, rest) = text.split_once("\n\n").unwrap_or((&text, ""));
        let message = message.trim_start_matches("error: ").trim_end();
        let tip = rest
            .lines()
            .find_map(|line| line.trim().strip_prefix("tip: "));
        let failure = Failure::usage(message);
        let failure = match tip {
            Some(tip) => failure.remedy(tip),
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

/// Whether a command line that cannot be parsed asks for errors in JSON.
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
        None => {
            args.contains(&"--json")
                || matches!(
                    value_of("--format").or(value_of("-o")),
                    Some("json" | "jsonl")
                )
        }
    }
}
