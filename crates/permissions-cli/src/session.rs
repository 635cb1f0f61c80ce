//! What a command talks to: the API, or a server of its own over a local file.

use std::path::{Path, PathBuf};

use permissions_ext::{CheckpointId, Client, ClientBuilder, Permissions};
use permissions_server::{Database, Server};

use crate::cli::Global;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::key;

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
    /// Gets ready to talk. Nothing is sent yet.
    pub(crate) async fn open(global: &Global) -> Result<Self, Failure> {
        match &global.local {
            Some(file) => Self::local(file).await,
            None => Ok(Self {
                client: remote(global)?,
                local: None,
            }),
        }
    }

    async fn local(file: &Path) -> Result<Self, Failure> {
        let server = Server::builder()
            .database(Database::sqlite_file(file))
            .start()
            .await
            .map_err(not_started)?;
        let client = Client::builder()
            .admin_key(server.admin_key())
            .base_url(server.base_url())
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

/// A server that does not start; its error names the file or the port, and the remedy.
pub(crate) fn not_started(error: permissions_server::StartError) -> Failure {
    Failure::new(Exit::Failure, error.to_string())
}

fn remote(global: &Global) -> Result<Client, Failure> {
    let mut builder = ClientBuilder::from_env().admin_key(key::read(global.key_file.as_deref())?);
    if let Some(url) = &global.base_url {
        builder = builder.base_url(url);
    }
    if global.allow_http {
        builder = builder.allow_http();
    }
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
