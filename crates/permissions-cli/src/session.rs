//! The connection of a command: to the API, or to an embedded server on a local file.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use permissions_ext::audit::Report;
use permissions_ext::{CheckpointId, Client, ClientBuilder, Event, Metadata, Permissions};
use permissions_server::{Database, Limits, Server, StartError};

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::settings::{Settings, speaks_other_protocol};
use crate::style::escape_control;

/// A client. If `--local` is set, the client is connected to an embedded server.
pub(crate) struct Session<'a> {
    pub(crate) context: &'a Context,
    client: Client,
    backend: Backend,
}

enum Backend {
    Remote(Box<Settings>),
    Local { server: Server, file: PathBuf },
}

impl<'a> Session<'a> {
    /// Creates the client. Sends nothing yet. A missing `--local` file is created only if `creates_file` is set.
    pub(crate) async fn open(context: &'a Context, creates_file: bool) -> Result<Self, Failure> {
        let (builder, backend) = match &context.global.local {
            Some(file) => local(file, context, creates_file).await?,
            None => {
                let settings = Settings::read(&context.global)?;
                (settings.client()?, Backend::Remote(Box::new(settings)))
            }
        };
        let base_url = match &backend {
            Backend::Remote(settings) => &settings.base_url.value,
            Backend::Local { server, .. } => server.base_url(),
        };
        let builder = builder.observer(observer(context, base_url));
        let client = context.global.requests.configure(builder)?.build()?;
        Ok(Self {
            context,
            client,
            backend,
        })
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// The permissions of a checkpoint.
    pub(crate) fn permissions(&self, checkpoint: &CheckpointId) -> Result<Permissions, Failure> {
        Ok(self.client.permissions(checkpoint)?)
    }

    /// Reads the permissions of all checkpoints.
    pub(crate) async fn audit(&self, checkpoints: Vec<CheckpointId>) -> Result<Report, Failure> {
        let audit = self
            .client
            .audit(checkpoints)
            .concurrency(self.context.global.requests.concurrency())
            .on_progress(self.context.progress.callback("checkpoints"));
        Ok(audit.send().await?)
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

    /// Stops the embedded server, so that the database file is closed.
    pub(crate) async fn close(self) {
        if let Backend::Local { server, .. } = self.backend {
            server.shutdown().await;
        }
    }
}

/// Starts a server on a file, and returns the server with a builder for the client.
async fn local(
    file: &Path,
    context: &Context,
    creates_file: bool,
) -> Result<(ClientBuilder, Backend), Failure> {
    // A URL of a database is not printed, because the URL may contain a password.
    if file.to_string_lossy().contains("://") {
        let failure = Failure::usage("--local expects the path of a SQLite file, not a URL");
        return Err(failure.remedy(
            "run `permissions serve --database URL`, and use its address with --base-url",
        ));
    }
    let is_missing = is_missing(file);
    if is_missing && !creates_file {
        let message = format!("the file {} of --local does not exist", file.display());
        return Err(Failure::usage(message).remedy("check the path; `create`, `serve` and `apply` without a saved plan create a missing file"));
    }
    let mut limits = Limits::default();
    // No other client uses this server, so its shutdown does not wait for requests on idle connections.
    limits.keep_alive_grace = Duration::ZERO;
    let server = Server::builder()
        .database(Database::sqlite_file(file))
        .limits(limits)
        .start()
        .await?;
    if is_missing {
        context.note_always(&format!("created the database file {}", file.display()));
    }
    let builder = Client::builder()
        .admin_key(server.admin_key())
        .base_url(server.base_url())
        .target_name(target_name(file));
    let file = file.to_owned();
    Ok((builder, Backend::Local { server, file }))
}

/// The canonical path of the file, so that a saved plan refers to the same file from every working directory.
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

/// Describes why a server did not start. The message contains the file or the port, and a remedy.
impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        Self::new(Exit::Failure, error.to_string())
    }
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
    let (operation, elapsed, metadata, error) = match event {
        Event::Succeeded {
            operation,
            elapsed,
            metadata,
            ..
        } => (operation, elapsed, Some(*metadata), None),
        Event::Failed {
            operation,
            elapsed,
            error,
            ..
        } => (operation, elapsed, error.metadata(), Some(error)),
        _ => return,
    };
    let method = match *operation {
        "list" | "list_projects" => "GET",
        "delete" => "DELETE",
        _ => "POST",
    };
    // Without a response, the error contains the operation and the checkpoint.
    let url = metadata.and_then(Metadata::url).unwrap_or(base_url);
    let status = metadata.and_then(Metadata::status);
    let outcome = match (status, error) {
        (None, Some(error)) => format!("{error} after {elapsed:.0?}"),
        (status, _) => format!("{} in {elapsed:.0?}", status.unwrap_or_default()),
    };
    print_debug(&format!("{method} {url}: {outcome}"));
    for (name, value) in metadata.into_iter().flat_map(Metadata::headers) {
        print_debug(&format!("  {name}: {value}"));
    }
}

/// Prints a line to standard error. Ignores a failed write, because the failure could not be reported anywhere else.
fn print_debug(line: &str) {
    let _ = writeln!(io::stderr(), "debug: {}", escape_control(line));
}
