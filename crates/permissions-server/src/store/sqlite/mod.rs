//! SQLite: a file in WAL mode, or memory.
//!
//! Reads run on the thread of the request. They take microseconds, less than a switch to another thread. Writes run on a
//! thread of their own, because they wait for the disk.

mod errors;
mod log;
mod open;
mod read;
mod write;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use rusqlite::Connection;

use super::{
    Creation, Deletion, PageQuery, PageResult, Permission, Project, ProjectQuery, StoreError,
};
use crate::error::StartError;
use crate::id::IdSource;
use write::Writer;

/// How long a connection waits for the lock of another process.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// A connection that several threads use in turn.
type Shared = Arc<Mutex<Connection>>;

/// Connections to one database: several for reads and one for writes.
#[derive(Debug)]
pub(crate) struct SqliteStore {
    ids: IdSource,
    readers: Vec<Shared>,
    writer: Writer,
}

static THREADS: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    /// Number of this thread. Each thread prefers one reader, because a processor's cache contains the pages that its
    /// thread has read last.
    static PREFERRED: usize = THREADS.fetch_add(1, Ordering::Relaxed);
}

impl SqliteStore {
    /// Creates a database in memory. It has a single connection, because another connection would open another database.
    pub(crate) fn memory(ids: IdSource) -> Result<Self, StartError> {
        let connection = Arc::new(Mutex::new(open::memory()?));
        Ok(Self {
            ids,
            readers: vec![Arc::clone(&connection)],
            writer: Writer::spawn(connection, None)?,
        })
    }

    /// Opens or creates the file at `path`.
    pub(crate) async fn file(path: &Path, ids: IdSource) -> Result<Self, StartError> {
        let file = path.to_owned();
        let opened = tokio::task::spawn_blocking(move || open::file(&file)).await;
        let opened = opened.unwrap_or_else(|panic| {
            let message = format!("failed to open the database file {}", path.display());
            Err(StartError::with_source(message, panic))
        })?;
        Ok(Self {
            ids,
            readers: opened
                .readers
                .into_iter()
                .map(|reader| Arc::new(Mutex::new(reader)))
                .collect(),
            writer: Writer::spawn(Arc::new(Mutex::new(opened.writer)), Some(opened.log))?,
        })
    }

    pub(crate) fn list(
        &self,
        query: &PageQuery,
        each: impl FnMut(Permission<&str>),
    ) -> Result<PageResult, StoreError> {
        self.read(|connection| read::page(connection, query, each))
    }

    pub(crate) async fn create(&self, creation: Creation) -> Result<Vec<Permission>, StoreError> {
        let ids = self.ids;
        let create = move |connection: &Connection| write::create(connection, ids, &creation);
        self.writer.write(create).await
    }

    pub(crate) async fn delete(&self, deletion: Deletion) -> Result<bool, StoreError> {
        let delete = move |connection: &Connection| write::delete(connection, &deletion);
        self.writer.write(delete).await
    }

    pub(crate) fn projects(
        &self,
        query: &ProjectQuery,
    ) -> Result<Option<Vec<Project>>, StoreError> {
        self.read(|connection| read::projects(connection, query))
    }

    pub(crate) async fn put_projects(&self, projects: Vec<Project>) -> Result<(), StoreError> {
        let put = move |connection: &Connection| write::put_projects(connection, &projects);
        self.writer.write(put).await
    }

    pub(crate) fn ping(&self) -> Result<(), StoreError> {
        self.read(read::ping)
    }

    pub(crate) async fn close(&self) {
        self.writer.close().await;
    }

    /// Reads with the preferred connection of this thread, or with another one if that one is in use.
    fn read<T>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, rusqlite::Error>,
    ) -> Result<T, StoreError> {
        let preferred = PREFERRED.with(|number| number % self.readers.len());
        let (before, from_preferred) = self.readers.split_at(preferred);
        let mut candidates = from_preferred.iter().chain(before);
        let connection = candidates
            .find_map(|reader| reader.try_lock())
            .unwrap_or_else(|| from_preferred[0].lock());
        read(&connection).map_err(errors::at_run_time)
    }
}
