//! The error of a failed start.

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
    source: Option<rusqlite::Error>,
}

impl StartError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            source: None,
        }
    }

    /// Sets a SQLite error as the source of this error. The text of the source is not part of the message.
    pub(crate) fn caused_by(self, error: rusqlite::Error) -> Self {
        Self {
            source: Some(error),
            ..self
        }
    }
}
