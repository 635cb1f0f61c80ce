//! SQLite: a file in WAL mode, or memory.

mod connections;
mod errors;
mod open;
mod read;
mod write;

use std::path::Path;

use sqlx::Connection as _;

use super::{Creation, Deletion, Listing, PageQuery, StoreError, StoredPermission};
use crate::error::StartError;
use crate::id::IdSource;
use connections::Connections;
use write::Writer;

/// Many readers and one writer over one database.
#[derive(Debug, Clone)]
pub(crate) struct SqliteStore {
    readers: Connections,
    writer: Writer,
}

impl SqliteStore {
    /// A database of its own in memory.
    pub(crate) async fn memory(ids: IdSource) -> Result<Self, StartError> {
        // A second connection would see a second, empty database: readers share the writer's.
        let only = open::memory().await?;
        Ok(Self {
            readers: only.clone(),
            writer: Writer::spawn(only, ids),
        })
    }

    /// The database in the file at `path`.
    pub(crate) async fn file(path: &Path, ids: IdSource) -> Result<Self, StartError> {
        let (readers, writer) = open::file(path).await?;
        Ok(Self {
            readers,
            writer: Writer::spawn(writer, ids),
        })
    }

    pub(crate) async fn list(&self, query: &PageQuery) -> Result<Listing, StoreError> {
        let mut loan = self.readers.lend().await;
        let page = async { read::page(loan.connection()?, query).await };
        page.await.map_err(errors::at_run_time)
    }

    pub(crate) async fn create(
        &self,
        creation: Creation,
    ) -> Result<Vec<StoredPermission>, StoreError> {
        self.writer.create(creation).await
    }

    pub(crate) async fn delete(&self, deletion: Deletion) -> Result<bool, StoreError> {
        self.writer.delete(deletion).await
    }

    pub(crate) async fn ping(&self) -> Result<(), StoreError> {
        let mut loan = self.readers.lend().await;
        let ping = async { loan.connection()?.ping().await };
        ping.await.map_err(errors::at_run_time)
    }

    pub(crate) async fn close(&self) {
        self.writer.close().await;
        self.readers.close().await;
    }
}
