//! Settings of a server, and its start.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use secrecy::SecretString;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::preset::{self, Preset};
use super::{Server, listen, rotation, tls};
use crate::clock::Clock;
use crate::error::StartError;
use crate::faults::Faults;
use crate::http::{self, App};
use crate::id::{IdSource, token};
use crate::keys::{KeySource, Keys};
use crate::limits::Limits;
use crate::metrics::Metrics;
use crate::rate::RateLimit;
use crate::record::Recorder;
use crate::store::{Database, Store};

/// Settings of a [`Server`]; see [`Server::builder`].
#[derive(Debug)]
pub struct ServerBuilder {
    database: Database,
    bind: SocketAddr,
    keys: KeySource,
    tls: Option<(PathBuf, PathBuf)>,
    limits: Limits,
    rate_limit: Option<u32>,
    clock: Clock,
    ids: IdSource,
    faults: Option<Faults>,
    record: bool,
    presets: Vec<Preset>,
}

impl Default for ServerBuilder {
    fn default() -> Self {
        Self {
            database: Database::memory(),
            bind: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            keys: KeySource::default(),
            tls: None,
            limits: Limits::default(),
            rate_limit: None,
            clock: Clock::default(),
            ids: IdSource::default(),
            faults: None,
            record: false,
            presets: Vec::new(),
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
        self.keys.admin_keys.push(key.into());
        self
    }

    /// Takes admin keys from a file: one a line, `#` starts a comment. A change of the file is
    /// taken into use within a second or two.
    #[must_use]
    pub fn admin_key_file(mut self, file: impl Into<PathBuf>) -> Self {
        self.keys.admin_file = Some(file.into());
        self
    }

    /// Adds a key that is known but no admin key: requests with it are answered 403.
    #[must_use]
    pub fn project_key(mut self, key: impl Into<SecretString>) -> Self {
        self.keys.project_keys.push(key.into());
        self
    }

    /// Takes keys that are known but no admin keys from a file, like
    /// [`admin_key_file`](Self::admin_key_file).
    #[must_use]
    pub fn project_key_file(mut self, file: impl Into<PathBuf>) -> Self {
        self.keys.project_file = Some(file.into());
        self
    }

    /// Serves HTTPS with the certificate chain and the private key in these PEM files. Default:
    /// plain HTTP.
    #[must_use]
    pub fn tls(mut self, certificate: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Self {
        self.tls = Some((certificate.into(), key.into()));
        self
    }

    /// What the server bears from its clients. Default: [`Limits::default`].
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Requests a minute that each admin key may send; more are answered 429. Default: no limit.
    #[must_use]
    pub fn rate_limit(mut self, requests_per_minute: u32) -> Self {
        self.rate_limit = Some(requests_per_minute);
        self
    }

    /// Stamps every new permission, and every answer in its header `Date`, with this time, in
    /// seconds since 1970, so that a test can compare whole answers. Default: the machine's clock.
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

    /// Creates permissions of `checkpoint` for these projects, in this order, before it serves.
    #[must_use]
    pub fn permissions<P: Into<String>>(
        mut self,
        checkpoint: impl Into<String>,
        project_ids: impl IntoIterator<Item = P>,
    ) -> Self {
        self.presets.push(Preset {
            checkpoint: checkpoint.into(),
            project_ids: project_ids.into_iter().map(Into::into).collect(),
        });
        self
    }

    /// Lets requests go wrong. Default: none does.
    #[must_use]
    pub fn faults(mut self, faults: Faults) -> Self {
        self.faults = Some(faults);
        self
    }

    /// Keeps every request for [`Server::requests`]. Default: none is kept.
    #[must_use]
    pub fn record_requests(mut self) -> Self {
        self.record = true;
        self
    }

    /// Opens the database, binds the port and serves until the [`Server`] is shut down or dropped.
    ///
    /// # Errors
    ///
    /// If the database cannot be opened for writing, if the address cannot be bound, if a key
    /// cannot be sent in a header, or if a file of keys or certificates cannot be read. The text
    /// names the culprit and the remedy.
    pub async fn start(mut self) -> Result<Server, StartError> {
        if let Some(Err(reason)) = self.faults.as_ref().map(Faults::check) {
            return Err(StartError::new(format!(
                "failed to take the faults: {reason}"
            )));
        }
        let made_admin_key = !self.keys.has_admin();
        if made_admin_key {
            let made = SecretString::from(format!("sk-admin-{}", token(48)));
            self.keys.admin_keys.push(made);
        }
        let key_files = self.keys.state();
        let keys = self.keys.load()?;
        let tls = self
            .tls
            .map(|(certificate, key)| tls::acceptor(&certificate, &key))
            .transpose()?;
        // The port before the database: a second server by mistake must not touch the first one's.
        let listener = TcpListener::bind(self.bind)
            .await
            .map_err(|error| cannot_bind(self.bind, error))?;
        let address = listener
            .local_addr()
            .map_err(|error| cannot_bind(self.bind, error))?;
        let store = Store::open(&self.database, self.ids).await?;
        preset::create(&store, self.presets, self.clock).await?;

        let app = Arc::new(App {
            store,
            keys: Keys::new(keys.set),
            clock: self.clock,
            limits: self.limits,
            rate_limit: self.rate_limit.map(RateLimit::new),
            faults: self.faults,
            recorder: self.record.then(Recorder::default),
            metrics: Metrics::default(),
        });
        let scheme = if tls.is_some() { "https" } else { "http" };
        let source = Arc::new(self.keys);
        let watcher = source.has_files().then(|| {
            tokio::spawn(rotation::watch(
                Arc::clone(&app),
                Arc::clone(&source),
                key_files,
            ))
        });
        let (stop, stopped) = watch::channel(false);
        let router = http::router(Arc::clone(&app));
        let task = tokio::spawn(listen::run(
            listener,
            tls,
            router,
            Arc::clone(&app),
            stopped,
        ));
        Ok(Server {
            address,
            base_url: format!("{scheme}://{address}/v1"),
            admin_key: keys.first_admin,
            made_admin_key,
            app,
            keys: source,
            stop,
            task: Some(task),
            watcher,
        })
    }
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
