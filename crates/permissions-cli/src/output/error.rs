use std::io;

/// A reason why output cannot be written.
#[derive(Debug)]
pub(crate) enum Error {
    /// Standard output is closed.
    Closed,
    /// An option asks for something that does not exist.
    Usage {
        message: String,
        remedy: String,
    },
    Io(io::Error),
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}
