//! A running server.

mod builder;
mod connections;
mod listen;

use std::net::SocketAddr;

use secrecy::{ExposeSecret, SecretString};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::error::StartError;
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
    stop: watch::Sender<bool>,
    task: Option<JoinHandle<()>>,
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
