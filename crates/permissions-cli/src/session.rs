//! What a command talks to: the API, or a server of its own over a local file.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use permissions_ext::{CheckpointId, Client, Event, Permissions};
use permissions_server::{Database, Server};

use crate::cli::Global;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::harmless;
use crate::progress::Progress;
use crate::settings::Settings;

/// A client, and the server behind it under `--local`.
pub(crate) struct Session {
    client: Client,
    local: Option<Local>,
}

/// A server of our own.
struct Local {
    server: Server,
    file: PathBuf,
}

impl Session {
    /// Gets ready to talk. Nothing is sent yet. Only what `may_begin` makes a local file that is not there: for anything
    /// else its name must be a slip.
    pub(crate) async fn open(
        global: &Global,
        progress: &Progress,
        may_begin: bool,
    ) -> Result<Self, Failure> {
        match &global.local {
            Some(file) if !may_begin && is_missing(file) => Err(Failure::new(
                Exit::Usage,
                format!("there is no file {}", file.display()),
            )
            .remedy(
                "look at the path after --local; `create`, `apply` and `serve` make a new one",
            )),
            Some(file) => Self::local(file, global, progress).await,
            None => Ok(Self {
                client: remote(global, progress)?,
                local: None,
            }),
        }
    }

    async fn local(file: &Path, global: &Global, progress: &Progress) -> Result<Self, Failure> {
        // Not repeated in the error: an address may hold a password.
        if file.to_string_lossy().contains("://") {
            return Err(Failure::new(
                Exit::Usage,
                "--local takes the path of a SQLite file, and was given the address of a database",
            )
            .remedy(
                "run `permissions serve --database ADDRESS`, and give the command its --base-url",
            ));
        }
        let server = Server::builder()
            .database(Database::sqlite_file(file))
            .start()
            .await
            .map_err(not_started)?;
        let client = Client::builder()
            .admin_key(server.admin_key())
            .base_url(server.base_url())
            .observer(observer(global, progress))
            .build()?;
        Ok(Self {
            client,
            local: Some(Local {
                server,
                file: file.to_owned(),
            }),
        })
    }

    /// What requests go through.
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// The permissions of one checkpoint.
    pub(crate) fn permissions(&self, checkpoint: &CheckpointId) -> Permissions {
        self.client.permissions(checkpoint)
    }

    /// Adds what only the session knows: where the culprit is.
    pub(crate) fn explain(&self, failure: Failure) -> Failure {
        match &self.local {
            Some(local) if failure.is_server_error() => failure.remedy(format!(
                "look at the database file {}: may it be written, and is there space on its disk?",
                local.file.display()
            )),
            None if failure.is_unreachable() => failure.remedy(format!(
                "the API was looked for at {}",
                self.client.base_url()
            )),
            _ => failure,
        }
    }

    /// Lets the server, where there is one, finish and close its file.
    pub(crate) async fn close(self) {
        if let Some(local) = self.local {
            local.server.shutdown().await;
        }
    }
}

/// Whether nothing is there that could be looked into. What is no path at all is refused elsewhere.
fn is_missing(file: &Path) -> bool {
    let is_path = !file.as_os_str().is_empty() && !file.to_string_lossy().contains("://");
    is_path
        && file
            .metadata()
            .is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
}

/// A server that does not start; its error names the file or the port, and the remedy.
pub(crate) fn not_started(error: permissions_server::StartError) -> Failure {
    Failure::new(Exit::Failure, error.to_string())
}

fn remote(global: &Global, progress: &Progress) -> Result<Client, Failure> {
    let builder = Settings::read(global)?
        .client()?
        .observer(observer(global, progress));
    builder.build().map_err(|error| {
        let plain = error.to_string().contains("not encrypted");
        let failure = Failure::from(error);
        if plain {
            failure.remedy("--allow-http sends it all the same")
        } else {
            failure
        }
    })
}

fn observer(global: &Global, progress: &Progress) -> impl Fn(&Event<'_>) + Send + Sync + 'static {
    let (tracing, progress) = (global.verbose > 1, progress.clone());
    move |event| {
        progress.observe(event);
        if tracing {
            trace(event);
        }
    }
}

/// Says what goes over the wire, under `-vv`. The client's own errors hold no secret.
fn trace(event: &Event<'_>) {
    let text = match event {
        Event::Answered {
            operation,
            checkpoint,
            elapsed,
            metadata,
            ..
        } => {
            let id = metadata.request_id().unwrap_or("none");
            format!("{operation} {checkpoint}: answered in {elapsed:.0?}, request id {id}")
        }
        Event::Failed {
            operation,
            elapsed,
            error,
            delay,
            ..
        } => {
            let next = delay.map_or_else(
                || "not tried again".to_owned(),
                |delay| format!("again in {delay:.1?}"),
            );
            format!("{operation}: failed in {elapsed:.0?}: {error}; {next}")
        }
        Event::Page {
            checkpoint,
            items,
            has_more,
            ..
        } => {
            let more = if *has_more {
                "more to come"
            } else {
                "the last one"
            };
            format!("list {checkpoint}: a page of {items}, {more}")
        }
        _ => return,
    };
    // Nobody is left to tell that standard error is gone.
    let _ = writeln!(io::stderr(), "debug: {}", harmless(&text));
}
