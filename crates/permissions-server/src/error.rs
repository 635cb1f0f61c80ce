//! The error of a failed start.

use std::error::Error as StdError;
use std::fmt;

/// The server could not start. The message names the cause and the remedy.
///
/// ```
/// # #[tokio::main]
/// # async fn main() {
/// use permissions_server::{Database, Server};
///
/// let error = Server::builder()
///     .database(Database::sqlite_file("/no/such/folder/demo.db"))
///     .start()
///     .await
///     .unwrap_err();
/// assert!(error.to_string().contains("/no/such/folder"));
/// # }
/// ```
#[derive(Debug)]
pub struct StartError {
    message: String,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl StartError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            source: None,
        }
    }

    pub(crate) fn with_source(
        message: impl Into<String>,
        source: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        Self {
            message: message.into(),
            source: Some(source.into()),
        }
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl StdError for StartError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}
