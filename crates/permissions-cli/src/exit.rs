//! The exit codes. Scripts depend on them.

use std::process::ExitCode;

/// The result of a run of the command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    Success = 0,
    /// The server or this machine refused the request. A retry would fail too.
    Failure = 1,
    /// The live state differs from the manifest.
    Drift = 2,
    /// The command line or an input file is invalid. Nothing was sent.
    Usage = 64,
    /// A retry may succeed: rate limit, server failure, no connection.
    Temporary = 75,
    /// The admin key is missing, invalid or not allowed to do this.
    Auth = 77,
    /// Stopped by Ctrl-C or SIGTERM.
    Interrupted = 130,
}

/// The list of exit codes in `--help` and in the man pages.
pub(crate) const HELP: &str = include_str!("help/exit_codes.txt");

impl Exit {
    /// The number that the shell receives.
    pub(crate) fn code(self) -> u8 {
        self as u8
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
