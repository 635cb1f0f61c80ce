//! A running server.

mod answer;
mod builder;
mod connections;
mod explained;
mod listen;
mod preset;
mod rotation;
mod tls;

use std::net::SocketAddr;
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::error::StartError;
use crate::http::App;
use crate::keys::KeySource;
use crate::record::{RecordedRequest, Recorder};
pub use builder::ServerBuilder;

/// A server that listens. Dropping it stops it at once; [`Server::shutdown`] lets it finish what it
/// has accepted.
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
    made_admin_key: bool,
    app: Arc<App>,
    keys: Arc<KeySource>,
    stop: watch::Sender<bool>,
    task: Option<JoinHandle<()>>,
    watcher: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts a server for tests: its database is in memory, its port is a free one of loopback,
    /// its admin key is random.
    ///
    /// # Errors
    ///
    /// If loopback has no free port.
    pub async fn start() -> Result<Self, StartError> {
        Self::builder().start().await
    }

    /// A server with settings of your own.
    pub fn builder() -> ServerBuilder {
        ServerBuilder::default()
    }

    /// Where clients find it: `http://127.0.0.1:PORT/v1`, without a slash at the end.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The first of its admin keys.
    pub fn admin_key(&self) -> &str {
        self.admin_key.expose_secret()
    }

    /// Whether its admin key was made up for this run because none was given.
    pub fn made_admin_key(&self) -> bool {
        self.made_admin_key
    }

    /// The requests so far, oldest first, if it was told to keep them with
    /// [`ServerBuilder::record_requests`]; otherwise none. A request is there as soon as its answer
    /// has begun.
    ///
    /// ```
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
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
        self.app
            .recorder
            .as_ref()
            .map(Recorder::all)
            .unwrap_or_default()
    }

    /// Reads the key files again now.
    ///
    /// # Errors
    ///
    /// If a file cannot be read or holds no keys; then the keys stay as they were.
    pub fn reload_keys(&self) -> Result<(), StartError> {
        rotation::reload(&self.app, &self.keys)
    }

    /// Takes no more connections, finishes the requests it has accepted (for as long as
    /// [`Limits::shutdown_time`](crate::Limits::shutdown_time) allows) and closes the database.
    pub async fn shutdown(mut self) {
        self.stop.send_replace(true);
        if let Some(task) = self.task.take() {
            // An error is the task's own panic, which has been reported where it happened.
            let _ = task.await;
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        for task in [&self.task, &self.watcher].into_iter().flatten() {
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
