//! The connection of a command: to the API, or to an embedded server on a local file.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use permissions_ext::{CheckpointId, Client, Event, Metadata, Permissions};
use permissions_server::{Database, Limits, Server};

use crate::context::Context;
use crate::escape::escape_control;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::settings::{Settings, speaks_other_protocol};

/// A client, with the embedded server behind it if `--local` is set.
pub(crate) struct Session {
    client: Client,
    backend: Backend,
}

enum Backend {
    Remote(Box<Settings>),
    Local { server: Server, file: PathBuf },
}

impl Session {
    /// Creates the client. Sends nothing yet. A missing `--local` file is created only if `creates_file` is set.
    pub(crate) async fn open(context: &Context, creates_file: bool) -> Result<Self, Failure> {
        match &context.global.local {
            Some(file) => Self::local(file, context, creates_file).await,
            None => {
                let settings = Settings::read(&context.global)?;
                let builder = settings
                    .client()?
                    .observer(observer(context, &settings.base_url.value));
                let client = context.global.requests.configure(builder)?.build()?;
                Ok(Self {
                    client,
                    backend: Backend::Remote(Box::new(settings)),
                })
            }
        }
    }

    async fn local(file: &Path, context: &Context, creates_file: bool) -> Result<Self, Failure> {
        // The address is not printed, because it may contain a password.
        if file.to_string_lossy().contains("://") {
            return Err(
                Failure::usage("--local expects the path of a SQLite file, not a URL").remedy(
                    "run `permissions serve --database URL`, and use its address with --base-url",
                ),
            );
        }
        let is_missing = is_missing(file);
        if is_missing && !creates_file {
            return Err(Failure::usage(format!(
                "the file {} of --local does not exist",
                file.display()
            ))
            .remedy("check the path; `create`, `serve` and `apply` without a saved plan create a missing file"));
        }
        let mut limits = Limits::default();
        // No other client uses this server, so its shutdown does not wait for requests on idle connections.
        limits.keep_alive_grace = Duration::ZERO;
        let server = Server::builder()
            .database(Database::sqlite_file(file))
            .limits(limits)
            .start()
            .await
            .map_err(start_failure)?;
        if is_missing {
            context.note_always(&format!("created the database file {}", file.display()));
        }
        let builder = Client::builder()
            .admin_key(server.admin_key())
            .base_url(server.base_url())
            .target_name(target_name(file))
            .observer(observer(context, server.base_url()));
        let client = context.global.requests.configure(builder)?.build()?;
        Ok(Self {
            client,
            backend: Backend::Local {
                server,
                file: file.to_owned(),
            },
        })
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// The permissions of a checkpoint.
    pub(crate) fn permissions(&self, checkpoint: &CheckpointId) -> Result<Permissions, Failure> {
        Ok(self.client.permissions(checkpoint)?)
    }

    /// Adds a remedy that depends on the connection.
    pub(crate) async fn explain(&self, failure: Failure) -> Failure {
        match &self.backend {
            Backend::Local { file, .. } if failure.is_server_error() => failure.remedy(format!(
                "check that the database file {} is writable, and that its disk has space",
                file.display()
            )),
            Backend::Remote(settings) if failure.is_connection_error() => {
                let base_url = &settings.base_url;
                match speaks_other_protocol(&base_url.value).await {
                    Some(reason) => failure.remedy(format!("{reason} ({})", base_url.origin)),
                    None => failure.remedy_if_none(|| {
                        format!(
                            "check the base URL {} ({}), the network and the proxy",
                            base_url.value, base_url.origin
                        )
                    }),
                }
            }
            Backend::Remote(settings) if failure.exit() == Exit::Auth => failure
                .remedy_if_none(|| format!("check the admin key ({})", settings.key_source())),
            _ => failure,
        }
    }

    /// Stops the embedded server, which closes its file.
    pub(crate) async fn close(self) {
        if let Backend::Local { server, .. } = self.backend {
            server.shutdown().await;
        }
    }
}

/// The canonical path of the file, so that a plan is for the same file in every working directory.
fn target_name(file: &Path) -> String {
    let path = file.canonicalize();
    path.as_deref().unwrap_or(file).display().to_string()
}

fn is_missing(file: &Path) -> bool {
    let missing = file
        .metadata()
        .is_err_and(|error| error.kind() == io::ErrorKind::NotFound);
    missing && !file.as_os_str().is_empty()
}

/// Describes a server that did not start. Its error contains the file or the port, and a remedy.
pub(crate) fn start_failure(error: permissions_server::StartError) -> Failure {
    Failure::new(Exit::Failure, error.to_string())
}

fn observer(
    context: &Context,
    base_url: &str,
) -> impl Fn(&Event<'_>) + Send + Sync + 'static + use<> {
    let (traces, progress) = (context.global.verbose > 1, context.progress.clone());
    let base_url = base_url.trim_end_matches('/').to_owned();
    move |event| {
        progress.observe(event);
        if traces {
            trace(event, &base_url);
        }
    }
}

/// Prints a request and its response for `-vv`. Events contain no secrets.
fn trace(event: &Event<'_>, base_url: &str) {
    let (operation, checkpoint, elapsed, metadata, error) = match event {
        Event::Succeeded {
            operation,
            checkpoint,
            elapsed,
            metadata,
            ..
        } => (operation, checkpoint, elapsed, Some(*metadata), None),
        Event::Failed {
            operation,
            checkpoint,
            elapsed,
            error,
            ..
        } => (
            operation,
            checkpoint,
            elapsed,
            error.metadata(),
            Some(error),
        ),
        _ => return,
    };
    let method = match *operation {
        "list" | "list_projects" => "GET",
        "delete" => "DELETE",
        _ => "POST",
    };
    let mut line = match (metadata.and_then(Metadata::url), checkpoint) {
        (Some(url), _) => format!("{method} {url}"),
        (None, Some(checkpoint)) => {
            format!("{method} {base_url}/fine_tuning/checkpoints/{checkpoint}/permissions")
        }
        (None, None) => format!("{method} {base_url}/organization/projects"),
    };
    let status = metadata
        .and_then(Metadata::status)
        .or(error.and_then(|error| error.status()));
    match (status, error) {
        (Some(status), _) => line.push_str(&format!(": {status} in {elapsed:.0?}")),
        (None, Some(error)) => line.push_str(&format!(": {error} after {elapsed:.0?}")),
        (None, None) => {}
    }
    print_debug(&line);
    for (name, value) in metadata.into_iter().flat_map(Metadata::headers) {
        print_debug(&format!("  {name}: {value}"));
    }
}

/// Ignores a failed write, because standard error is the only place for messages.
fn print_debug(line: &str) {
    let _ = writeln!(io::stderr(), "debug: {}", escape_control(line));
}
