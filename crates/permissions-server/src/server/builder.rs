//! Configures and starts a server.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use parking_lot::Mutex;
use secrecy::SecretString;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::preset::Presets;
use super::{Server, listen, tls};
use crate::clock::Clock;
use crate::connections::Connections;
use crate::error::StartError;
use crate::faults::Faults;
use crate::http::{self, App};
use crate::id::{IdSource, token};
use crate::keys::{KeySource, Keys, Role};
use crate::limits::Limits;
use crate::metrics::Metrics;
use crate::rate::RateLimit;
use crate::store::{Database, ProjectPreset, Store};

/// Configuration of a [`Server`], created by [`Server::builder`].
#[derive(Debug, Default)]
#[must_use = "call `start` to start the server"]
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
    pub fn database(mut self, database: Database) -> Self {
        self.database = database;
        self
    }

    /// Sets the address to listen on. Default: a free port of 127.0.0.1.
    pub fn bind(mut self, address: SocketAddr) -> Self {
        self.bind = Some(address);
        self
    }

    /// Adds an admin key. Without any admin key, the server generates one, which [`Server::admin_key`] returns.
    pub fn admin_key(mut self, key: impl Into<SecretString>) -> Self {
        self.keys.keys.push((Role::Admin, key.into()));
        self
    }

    /// Adds the admin keys of a file. It has one key per line, and `#` starts a comment line. The server reloads the file
    /// within two seconds after a change.
    pub fn admin_key_file(mut self, file: impl Into<PathBuf>) -> Self {
        self.keys.files.push((Role::Admin, file.into()));
        self
    }

    /// Adds the API key of a project. Requests with it get status 403.
    pub fn project_key(mut self, key: impl Into<SecretString>) -> Self {
        self.keys.keys.push((Role::Project, key.into()));
        self
    }

    /// Adds the API keys of projects from a file in the format of [`admin_key_file`](Self::admin_key_file).
    pub fn project_key_file(mut self, file: impl Into<PathBuf>) -> Self {
        self.keys.files.push((Role::Project, file.into()));
        self
    }

    /// Serves HTTPS with a certificate chain and its private key, both PEM files. Default: plain HTTP.
    pub fn tls(mut self, certificate: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Self {
        self.tls = Some((certificate.into(), key.into()));
        self
    }

    /// Sets the limits of requests and connections. Default: [`Limits::default`].
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets the number of requests per minute that each admin key may send. More requests get status 429. Default: no
    /// limit.
    pub fn rate_limit(mut self, requests_per_minute: u32) -> Self {
        self.rate_limit = Some(requests_per_minute);
        self
    }

    /// Uses this time, in seconds since 1970, for new permissions and the header `Date`, so that tests can compare complete
    /// responses. Default: the system clock.
    pub fn fixed_clock(mut self, seconds: i64) -> Self {
        self.clock.fixed = Some(seconds);
        self
    }

    /// Derives the id of each permission from this seed, the checkpoint and the position of the permission. Servers
    /// with the same seed create the same ids, also in different databases, so use a seed only in tests. Default:
    /// random ids.
    pub fn id_seed(mut self, seed: u64) -> Self {
        self.ids = IdSource::Seeded(seed);
        self
    }

    /// Creates permissions of `checkpoint` for these projects, in this order, before the server accepts requests.
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
    pub fn project(self, id: impl Into<String>, name: impl Into<String>) -> Self {
        self.add_project(id.into(), name.into(), false)
    }

    /// Creates an archived project before the server accepts requests. If the project exists, this sets its name and
    /// archives it.
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
    pub fn faults(mut self, faults: Faults) -> Self {
        self.faults = Some(faults);
        self
    }

    /// Records every request for [`Server::requests`]. Default: requests are not recorded.
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
            self.keys.keys.push((Role::Admin, key));
        }
        let (keys, admin_key) = Keys::load(self.keys)?;
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
        let store = Store::open(&self.database).await?;
        let app = Arc::new(App {
            store,
            keys,
            connections: Connections::new(listen::connection_limit(self.limits.connections)),
            clock: self.clock,
            ids: self.ids,
            limits: self.limits,
            rate_limit: self.rate_limit.map(RateLimit::new),
            faults: self.faults,
            recorded: self.record.then(Mutex::default),
            metrics: Metrics::default(),
        });
        self.presets.create(&app).await?;
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
            admin_key,
            generated_admin_key,
            task: Some(tokio::spawn(async move {
                let app = Arc::clone(&context.app);
                tokio::select! {
                    () = listen::run(listener, context) => {}
                    () = app.keys.watch() => {}
                }
            })),
            app,
            stop,
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
    StartError::new(format!("failed to listen on {address}: {reason}"))
}
