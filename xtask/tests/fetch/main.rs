//! Tests of `cargo xtask fetch` over real sockets.

#![allow(clippy::unwrap_used)]

mod download;
mod latest;
mod local;
mod process;
mod server;

use std::{fs, path::PathBuf, time::Duration};

use tempfile::TempDir;
use xtask::{
    document::Document,
    fetch::{self, Fetched, Upstream},
    layout::Layout,
    lock::{Lock, Origin, REPOSITORY},
};

use crate::server::Server;

/// Read timeout. Only tests with a stalled server reach it.
const TIMEOUT: Duration = Duration::from_millis(300);

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// Returns a document of 300 kB, which does not fit into one packet.
fn document(title: &str) -> Vec<u8> {
    let filler = "x".repeat(300_000);
    format!(r#"{{"openapi": "3.1.0", "info": {{"title": "{title}", "filler": "{filler}"}}}}"#)
        .into_bytes()
}

fn lock_of(bytes: &[u8]) -> Lock {
    let document = Document::read(bytes, "test").unwrap();
    Lock::new(&document, "openapi.json", origin(COMMIT), None)
}

/// A workspace that has only a lock.
struct Workspace {
    folder: TempDir,
}

impl Workspace {
    fn pinned_to(bytes: &[u8]) -> Self {
        let folder = TempDir::new().unwrap();
        fs::create_dir(folder.path().join("openapi")).unwrap();
        let workspace = Self { folder };
        workspace.write_lock(&lock_of(bytes));
        workspace
    }

    fn layout(&self) -> Layout {
        Layout::new(self.folder.path())
    }

    fn write_lock(&self, lock: &Lock) {
        fs::write(self.layout().lock(), lock.render().unwrap()).unwrap();
    }

    fn lock(&self) -> Lock {
        self.layout().read_lock().unwrap().unwrap()
    }

    fn fetch(&self, server: &Server) -> Result<Fetched, String> {
        fetch::pinned(&self.layout(), &upstream(server)).map_err(|error| format!("{error:#}"))
    }

    fn fetch_latest(&self, files: &Server, api: &Server) -> Result<Fetched, String> {
        let token = Some("secret-token".to_owned().into());
        let upstream = Upstream::new(&files.url(), &api.url(), token, TIMEOUT).unwrap();
        fetch::latest(&self.layout(), &upstream).map_err(|error| format!("{error:#}"))
    }

    /// Returns the paths of all stored files.
    fn stored(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.folder.path().join("target/upstream"));
        entries
            .into_iter()
            .flatten()
            .map(|entry| entry.unwrap().path())
            .collect()
    }
}

fn upstream(server: &Server) -> Upstream {
    Upstream::new(&server.url(), &server.url(), None, TIMEOUT).unwrap()
}

fn origin(commit: &str) -> Option<Origin> {
    Some(Origin {
        repository: REPOSITORY.to_owned(),
        commit: commit.to_owned(),
    })
}
