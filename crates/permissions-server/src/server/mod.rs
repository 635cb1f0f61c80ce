//! A running server.

mod builder;
mod listen;
mod preset;
mod stream;
mod tls;

use std::net::SocketAddr;
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::error::StartError;
use crate::http::App;
use crate::record::RecordedRequest;
pub use builder::ServerBuilder;

/// A running server. Dropping it aborts all requests; [`Server::shutdown`] completes them.
///
/// ```
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use permissions_server::{Database, Server};
///
/// let folder = tempfile::tempdir()?;
/// let server = Server::builder()
///     .database(Database::sqlite_file(folder.path().join("demo.db")))
///     .admin_key("sk-admin-demo")
///     .start()
///     .await?;
/// assert_eq!(server.admin_key(), "sk-admin-demo");
/// server.shutdown().await;
/// # Ok(())
/// # }
/// ```
pub struct Server {
    address: SocketAddr,
    base_url: String,
    admin_key: SecretString,
    generated_admin_key: bool,
    app: Arc<App>,
    stop: watch::Sender<bool>,
    task: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts a server for tests, with a database in memory, a free port of 127.0.0.1 and a random admin key.
    ///
    /// # Errors
    ///
    /// Returns an error if there is no free port.
    pub async fn start() -> Result<Self, StartError> {
        Self::builder().start().await
    }

    /// Returns a builder with the default configuration.
    pub fn builder() -> ServerBuilder {
        ServerBuilder::default()
    }

    /// The base URL for clients, such as `http://127.0.0.1:8080/v1`, without a slash at the end.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The address on which the server listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The first admin key.
    pub fn admin_key(&self) -> &str {
        self.admin_key.expose_secret()
    }

    /// Whether the server has generated its admin key, because it was started without one.
    pub fn made_admin_key(&self) -> bool {
        self.generated_admin_key
    }

    /// Returns the requests so far, oldest first, if [`ServerBuilder::record_requests`] is set. A request is recorded
    /// before its response is sent.
    ///
    /// ```
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let _ = rustls::crypto::ring::default_provider().install_default();
    /// use permissions_server::Server;
    ///
    /// let server = Server::builder().record_requests().start().await?;
    /// reqwest::get(format!("{}/models", server.base_url())).await?;
    /// let requests = server.requests();
    /// assert_eq!((requests[0].path.as_str(), requests[0].status), ("/v1/models", 404));
    /// # Ok(())
    /// # }
    /// ```
    pub fn requests(&self) -> Vec<RecordedRequest> {
        let recorded = self.app.recorded.as_ref();
        recorded.map_or_else(Vec::new, |recorded| recorded.lock().clone())
    }

    /// Reloads the key files.
    ///
    /// # Errors
    ///
    /// Returns an error if a file cannot be read or contains no keys. Then the keys stay unchanged.
    pub fn reload_keys(&self) -> Result<(), StartError> {
        self.app.keys.reload()
    }

    /// Stops accepting connections, completes the accepted requests and closes the database.
    ///
    /// Idle connections stay open for [`Limits::keep_alive_grace`](crate::Limits::keep_alive_grace). Requests that take
    /// longer than [`Limits::shutdown_time`](crate::Limits::shutdown_time) are aborted.
    pub async fn shutdown(mut self) {
        self.stop.send_replace(true);
        if let Some(task) = self.task.take() {
            // Only a panic of the task makes this fail. The panic hook has already printed it.
            let _ = task.await;
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server")
            .field("base_url", &self.base_url)
            .finish_non_exhaustive()
    }
}
