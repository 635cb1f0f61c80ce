//! The exit codes. Scripts depend on them.

use std::process::ExitCode;

/// The result of a run of the command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    Success,
    /// The server or this machine refused the request. A retry would fail too.
    Failure,
    /// The live state differs from the manifest.
    Drift,
    /// The command line or an input file is invalid. Nothing was sent.
    Usage,
    /// A retry may succeed: rate limit, server failure, no connection.
    Temporary,
    /// The admin key is missing, invalid or not allowed to do this.
    Auth,
    /// Stopped by Ctrl-C or SIGTERM.
    Interrupted,
}

/// The list of exit codes in `--help` and in the man pages.
pub(crate) const HELP: &str = include_str!("help/exit_codes.txt");

impl Exit {
    /// The number that the shell receives.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Failure => 1,
            Self::Drift => 2,
            Self::Usage => 64,
            Self::Temporary => 75,
            Self::Auth => 77,
            Self::Interrupted => 130,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
