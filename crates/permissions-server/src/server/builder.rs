//! Configures and starts a server.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use secrecy::SecretString;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::preset::{Presets, ProjectPreset};
use super::{Server, key_files, listen, tls};
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

/// Configuration of a [`Server`], created by [`Server::builder`].
#[derive(Debug, Default)]
pub struct ServerBuilder {
    pub(crate) database: Database,
    bind: Option<SocketAddr>,
    pub(crate) keys: KeySource,
    pub(crate) tls: Option<(PathBuf, PathBuf)>,
    pub(crate) limits: Limits,
    pub(crate) rate_limit: Option<u32>,
    clock: Clock,
    ids: IdSource,
    pub(crate) faults: Option<Faults>,
    record: bool,
    pub(crate) presets: Presets,
}

impl ServerBuilder {
    /// Sets the database. Default: [`Database::memory`].
    #[must_use]
    pub fn database(mut self, database: Database) -> Self {
        self.database = database;
        self
    }

    /// Sets the address to listen on. Default: a free port of 127.0.0.1.
    #[must_use]
    pub fn bind(mut self, address: SocketAddr) -> Self {
        self.bind = Some(address);
        self
    }

    /// Adds an admin key. Without any admin key, the server generates one, which [`Server::admin_key`] returns.
    #[must_use]
    pub fn admin_key(mut self, key: impl Into<SecretString>) -> Self {
        self.keys.admin_keys.push(key.into());
        self
    }

    /// Adds the admin keys of a file. It has one key per line, and `#` starts a comment line. The server reloads the file
    /// within two seconds after a change.
    #[must_use]
    pub fn admin_key_file(mut self, file: impl Into<PathBuf>) -> Self {
        self.keys.admin_file = Some(file.into());
        self
    }

    /// Adds the API key of a project. Requests with it get status 403.
    #[must_use]
    pub fn project_key(mut self, key: impl Into<SecretString>) -> Self {
        self.keys.project_keys.push(key.into());
        self
    }

    /// Adds the API keys of projects from a file in the format of [`admin_key_file`](Self::admin_key_file).
    #[must_use]
    pub fn project_key_file(mut self, file: impl Into<PathBuf>) -> Self {
        self.keys.project_file = Some(file.into());
        self
    }

    /// Serves HTTPS with a certificate chain and its private key, both PEM files. Default: plain HTTP.
    #[must_use]
    pub fn tls(mut self, certificate: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Self {
        self.tls = Some((certificate.into(), key.into()));
        self
    }

    /// Sets the limits of requests and connections. Default: [`Limits::default`].
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets the number of requests per minute that each admin key may send. More requests get status 429. Default: no
    /// limit.
    #[must_use]
    pub fn rate_limit(mut self, requests_per_minute: u32) -> Self {
        self.rate_limit = Some(requests_per_minute);
        self
    }

    /// Uses this time, in seconds since 1970, for new permissions and the header `Date`, so that tests can compare complete
    /// responses. Default: the system clock.
    #[must_use]
    pub fn fixed_clock(mut self, seconds: i64) -> Self {
        self.clock = Clock::Fixed(seconds);
        self
    }

    /// Derives permission ids from this seed, the checkpoint and the position in it. Use it with a database in memory,
    /// because a second server over the same data would create the same ids. Default: random ids.
    #[must_use]
    pub fn id_seed(mut self, seed: u64) -> Self {
        self.ids = IdSource::Seeded(seed);
        self
    }

    /// Creates permissions of `checkpoint` for these projects, in this order, before the server accepts requests.
    #[must_use]
    pub fn permissions<P: Into<String>>(
        mut self,
        checkpoint: impl Into<String>,
        project_ids: impl IntoIterator<Item = P>,
    ) -> Self {
        let project_ids = project_ids.into_iter().map(Into::into).collect();
        self.presets
            .permissions
            .push((checkpoint.into(), project_ids));
        self
    }

    /// Creates a project before the server accepts requests. If the project exists, this sets its name and makes it
    /// active. The server lists only projects that have been created in this way or with `--projects`.
    #[must_use]
    pub fn project(self, id: impl Into<String>, name: impl Into<String>) -> Self {
        self.add_project(id.into(), name.into(), false)
    }

    /// Creates an archived project before the server accepts requests. If the project exists, this sets its name and
    /// archives it.
    #[must_use]
    pub fn archived_project(self, id: impl Into<String>, name: impl Into<String>) -> Self {
        self.add_project(id.into(), name.into(), true)
    }

    fn add_project(mut self, id: String, name: String, archived: bool) -> Self {
        self.presets
            .projects
            .push(ProjectPreset { id, name, archived });
        self
    }

    /// Injects faults into requests with a valid key. Default: no faults.
    #[must_use]
    pub fn faults(mut self, faults: Faults) -> Self {
        self.faults = Some(faults);
        self
    }

    /// Records every request for [`Server::requests`]. Default: requests are not recorded.
    #[must_use]
    pub fn record_requests(mut self) -> Self {
        self.record = true;
        self
    }

    /// Opens the database, binds the address and serves until the [`Server`] is shut down or dropped.
    ///
    /// # Errors
    ///
    /// Returns an error if the database cannot be opened for writing, the address cannot be bound, a key is not valid in a
    /// header, a fault is invalid, or a file of keys or certificates cannot be read. The message names the cause and the
    /// remedy.
    pub async fn start(mut self) -> Result<Server, StartError> {
        if let Some(Err(reason)) = self.faults.as_ref().map(Faults::check) {
            return Err(StartError::new(format!("invalid faults: {reason}")));
        }
        let generated_admin_key = !self.keys.has_admin();
        if generated_admin_key {
            let key = SecretString::from(format!("sk-admin-{}", token(48)));
            self.keys.admin_keys.push(key);
        }
        let file_states = self.keys.file_states();
        let keys = self.keys.load()?;
        let tls = self
            .tls
            .map(|(certificate, key)| tls::acceptor(&certificate, &key));
        let tls = tls.transpose()?;
        let scheme = if tls.is_some() { "https" } else { "http" };
        // The port is bound first, so that an accidental second server does not open the database.
        let address = self.bind.unwrap_or((Ipv4Addr::LOCALHOST, 0).into());
        let bind_error = |error| cannot_bind(address, error);
        let listener = TcpListener::bind(address).await.map_err(bind_error)?;
        let address = listener.local_addr().map_err(bind_error)?;
        let store = Store::open(&self.database, self.ids).await?;
        self.presets.create(&store, self.clock).await?;

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
        let source = Arc::new(self.keys);
        let watcher = source.has_files().then(|| {
            let (app, source) = (Arc::clone(&app), Arc::clone(&source));
            tokio::spawn(key_files::watch(app, source, file_states))
        });
        let (stop, stopped) = watch::channel(false);
        let context = listen::Context {
            tls,
            router: http::router(Arc::clone(&app)),
            app: Arc::clone(&app),
            stop: stopped,
        };
        Ok(Server {
            address,
            base_url: format!("{scheme}://{address}/v1"),
            admin_key: keys.first_admin,
            generated_admin_key,
            app,
            keys: source,
            stop,
            task: Some(tokio::spawn(listen::run(listener, context))),
            watcher,
        })
    }
}

fn cannot_bind(address: SocketAddr, error: std::io::Error) -> StartError {
    use std::io::ErrorKind;
    let reason = match error.kind() {
        ErrorKind::AddrInUse => format!(
            "port {} is in use; stop the program that uses it or choose another port (0 selects a free one)",
            address.port()
        ),
        ErrorKind::PermissionDenied => "permission denied; choose a port above 1023".to_owned(),
        ErrorKind::AddrNotAvailable => {
            "this machine does not have the address; choose another one, such as 127.0.0.1"
                .to_owned()
        }
        _ => error.to_string(),
    };
    StartError::with_source(format!("failed to listen on {address}: {reason}"), error)
}
