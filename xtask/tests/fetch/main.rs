//! Fetching over real sockets: what arrives is the pinned document, or the pin is as it was.

#![allow(clippy::unwrap_used)]

mod download;
mod latest;
mod local;
mod process;
mod server;

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use tempfile::TempDir;
use xtask::{
    document::Document,
    fetch::{self, Fetched, Patience, Upstream},
    lock::Lock,
    regen::Layout,
};

use crate::server::Server;

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// A document of a few hundred kilobytes, so that it is not in one packet.
fn document(title: &str) -> Vec<u8> {
    let filler = "x".repeat(300_000);
    format!(r#"{{"openapi": "3.1.0", "info": {{"title": "{title}", "filler": "{filler}"}}}}"#)
        .into_bytes()
}

fn lock_of(bytes: &[u8]) -> Lock {
    let document = Document::read(bytes, "test").unwrap();
    Lock::new(&document, Some(COMMIT.to_owned()), None)
}

/// A workspace of which only the pin is there.
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
        fetch::pinned(&self.layout(), &upstream(server), &mut |_, _| {})
            .map_err(|error| format!("{error:#}"))
    }

    fn fetch_latest(&self, files: &Server, api: &Server) -> Result<Fetched, String> {
        let token = Some("secret-token".to_owned().into());
        let upstream = Upstream::new(&files.url(), &api.url(), token, patience()).unwrap();
        fetch::latest(&self.layout(), &upstream, &mut |_, _| {})
            .map_err(|error| format!("{error:#}"))
    }

    /// The names of all files in the cache.
    fn cache(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.folder.path().join("target/upstream"));
        entries
            .into_iter()
            .flatten()
            .map(|entry| entry.unwrap().path())
            .collect()
    }
}

fn upstream(server: &Server) -> Upstream {
    Upstream::new(&server.url(), &server.url(), None, patience()).unwrap()
}

fn patience() -> Patience {
    Patience {
        attempts: 3,
        pause: Duration::from_millis(1),
        silence: Duration::from_millis(300),
    }
}

fn is_part(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension == "part")
}
