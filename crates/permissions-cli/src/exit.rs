//! The exit codes, in one place: scripts depend on them.

use std::process::ExitCode;

/// How the command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// What was asked for is done.
    Success,
    /// The server or the machine refused it, and trying again will not help.
    Failure,
    /// What is live differs from what is wanted.
    Drift,
    /// The command line or an input file is wrong; nothing was sent.
    Usage,
    /// It may work later: rate limit, server failure, no connection.
    Temporary,
    /// The admin key is missing, wrong or not allowed to do this.
    Auth,
    /// Stopped by Ctrl-C or SIGTERM.
    Interrupted,
}

/// The codes as `--help` documents them.
pub(crate) const HELP: &str = "\
Exit codes:
  0    done
  1    failed, and trying again will not help
  2    what is live differs from what is wanted (plan, audit)
  64   the command line or an input file is wrong; nothing was sent
  75   failed for now: rate limit, server failure, no connection; try again
  77   the admin key is missing, wrong or not allowed to do this
  130  stopped by Ctrl-C or SIGTERM";

impl Exit {
    /// The number that the shell sees.
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
