//! Settings of a server, and its start.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::{Server, listen};
use crate::clock::Clock;
use crate::error::StartError;
use crate::http::{self, App};
use crate::id::{IdSource, token};
use crate::keys::{KeySet, Keys};
use crate::limits::Limits;
use crate::store::{Database, Store};

/// Settings of a [`Server`]; see [`Server::builder`].
#[derive(Debug)]
pub struct ServerBuilder {
    database: Database,
    bind: SocketAddr,
    admin_keys: Vec<SecretString>,
    project_keys: Vec<SecretString>,
    limits: Limits,
    clock: Clock,
    ids: IdSource,
}

impl Default for ServerBuilder {
    fn default() -> Self {
        Self {
            database: Database::memory(),
            bind: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            admin_keys: Vec::new(),
            project_keys: Vec::new(),
            limits: Limits::default(),
            clock: Clock::default(),
            ids: IdSource::default(),
        }
    }
}

impl ServerBuilder {
    /// Where the permissions are kept. Default: [`Database::memory`].
    #[must_use]
    pub fn database(mut self, database: Database) -> Self {
        self.database = database;
        self
    }

    /// The address to listen on. Default: a free port of 127.0.0.1.
    #[must_use]
    pub fn bind(mut self, address: SocketAddr) -> Self {
        self.bind = address;
        self
    }

    /// Adds an admin key. Without any, a random one is made: [`Server::admin_key`] tells it.
    #[must_use]
    pub fn admin_key(mut self, key: impl Into<SecretString>) -> Self {
        self.admin_keys.push(key.into());
        self
    }

    /// Adds a key that is known but no admin key: requests with it are answered 403.
    #[must_use]
    pub fn project_key(mut self, key: impl Into<SecretString>) -> Self {
        self.project_keys.push(key.into());
        self
    }

    /// What the server bears from its clients. Default: [`Limits::default`].
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Stamps every new permission with this time, in seconds since 1970, so that a test can
    /// compare whole answers. Default: the machine's clock.
    #[must_use]
    pub fn fixed_clock(mut self, seconds: i64) -> Self {
        self.clock = Clock::Fixed(seconds);
        self
    }

    /// Makes permission ids a function of this seed, the checkpoint and the place in it. For a
    /// database in memory. Default: random ids.
    #[must_use]
    pub fn id_seed(mut self, seed: u64) -> Self {
        self.ids = IdSource::Seeded(seed);
        self
    }

    /// Opens the database, binds the port and serves until the [`Server`] is shut down or dropped.
    ///
    /// # Errors
    ///
    /// If the database cannot be opened for writing, if the address cannot be bound, or if a key
    /// cannot be sent in a header. The text names the culprit and the remedy.
    pub async fn start(self) -> Result<Server, StartError> {
        let mut admin_keys = self.admin_keys;
        if admin_keys.is_empty() {
            admin_keys.push(SecretString::from(format!("sk-admin-{}", token(48))));
        }
        for key in admin_keys.iter().chain(&self.project_keys) {
            check_key(key)?;
        }
        // The port first: a second server by mistake must not touch the first one's database.
        let listener = bind(self.bind).await?;
        let address = listener
            .local_addr()
            .map_err(|error| cannot_bind(self.bind, error))?;
        let store = Store::open(&self.database, self.ids).await?;
        let app = Arc::new(App {
            keys: Keys::new(KeySet::new(&admin_keys, &self.project_keys)),
            store,
            clock: self.clock,
            limits: self.limits,
        });
        let (stop, stopped) = watch::channel(false);
        let router = http::router(Arc::clone(&app));
        let task = tokio::spawn(listen::run(listener, router, app, stopped));
        Ok(Server {
            address,
            base_url: format!("http://{address}/v1"),
            admin_key: admin_keys.swap_remove(0),
            stop,
            task: Some(task),
        })
    }
}

async fn bind(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address)
        .await
        .map_err(|error| cannot_bind(address, error))
}

fn cannot_bind(address: SocketAddr, error: std::io::Error) -> StartError {
    use std::io::ErrorKind;
    let reason = match error.kind() {
        ErrorKind::AddrInUse => format!(
            "port {} is in use; stop the program that has it or choose another port (0 takes a free one)",
            address.port()
        ),
        ErrorKind::PermissionDenied => {
            "permission is denied; choose a port from 1024 on".to_owned()
        }
        ErrorKind::AddrNotAvailable => {
            "this machine has no such address; choose one of its own, such as 127.0.0.1".to_owned()
        }
        _ => error.to_string(),
    };
    StartError::with_source(format!("failed to listen on {address}: {reason}"), error)
}

fn check_key(key: &SecretString) -> Result<(), StartError> {
    let key = key.expose_secret();
    if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(StartError::new(
            "failed to take an API key: it is empty or holds a character that a header cannot \
             carry; use printable ASCII without spaces",
        ));
    }
    Ok(())
}
