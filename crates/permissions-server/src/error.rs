//! The error of a failed start.

use std::error::Error;

/// The server could not start. The message contains the cause and the remedy.
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
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct StartError {
    message: String,
    source: Option<Box<dyn Error + Send + Sync>>,
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
        source: impl Into<Box<dyn Error + Send + Sync>>,
    ) -> Self {
        Self {
            message: message.into(),
            source: Some(source.into()),
        }
    }
}
