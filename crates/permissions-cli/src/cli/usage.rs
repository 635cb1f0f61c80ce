//! Reports a command line that cannot be parsed, and prints help and version.

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::error::ErrorKind;

use crate::exit::Exit;
use crate::failure::{Failure, Reporter};
use crate::output::ensure_stdout;

/// Prints help, the version or the error, and returns the exit code.
pub(crate) fn refuse(error: &clap::Error, args: &[OsString]) -> ExitCode {
    let is_help = matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
    );
    let exit = if is_help {
        match print(error) {
            Ok(()) => Exit::Success,
            Err(failure) => {
                failure.report(Reporter::new(false, false));
                failure.exit()
            }
        }
    } else {
        if requests_json(args) {
            failure(error).report(Reporter::new(true, false));
        } else {
            let _ = error.print();
        }
        Exit::Usage
    };
    exit.into()
}

fn print(help: &clap::Error) -> Result<(), Failure> {
    ensure_stdout()?;
    help.print()?;
    // The buffer of standard output may contain an incomplete last line.
    Ok(io::stdout().flush()?)
}

/// Returns the message and the tip of the error, without the usage. clap renders the message and the tip
/// as one paragraph each.
fn failure(error: &clap::Error) -> Failure {
    let text = error.render().to_string();
    let joined = |paragraph: &str| paragraph.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut paragraphs = text.split("\n\n").map(joined);
    let message = paragraphs.next().unwrap_or_default();
    let failure = Failure::usage(message.trim_start_matches("error: "));
    match paragraphs.find_map(|text| text.strip_prefix("tip: ").map(str::to_owned)) {
        Some(tip) => failure.remedy(tip),
        None => failure,
    }
}

/// Returns whether the options request errors in JSON, for a command line that cannot be parsed.
fn requests_json(args: &[OsString]) -> bool {
    let args: Vec<&str> = args.iter().filter_map(|arg| arg.to_str()).collect();
    let value_of = |option: &str| {
        let mut joined = args.iter().filter_map(|arg| arg.strip_prefix(option));
        let joined = joined.find_map(|value| value.strip_prefix('='));
        joined.or_else(|| args.iter().copied().skip_while(|arg| *arg != option).nth(1))
    };
    if let Some(format) = value_of("--format-error") {
        return format == "json";
    }
    let format = value_of("--format").or(value_of("-o"));
    args.contains(&"--json") || matches!(format, Some("json" | "jsonl"))
}
