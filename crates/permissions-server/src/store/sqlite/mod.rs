//! SQLite: a file in WAL mode, or memory.
//!
//! Reads run where the request is: a page takes some microseconds, less than handing it to another
//! thread and back would. Writes have a thread of their own, because they wait for the disk.

mod connections;
mod errors;
mod open;
mod read;
mod write;

use std::path::Path;

use super::{Creation, Deletion, Listing, PageQuery, Permission, StoreError, StoredPermission};
use crate::error::StartError;
use crate::id::IdSource;
use connections::Readers;
use write::Writer;

/// Many readers and one writer over one database.
#[derive(Debug, Clone)]
pub(crate) struct SqliteStore {
    readers: Readers,
    writer: Writer,
}

impl SqliteStore {
    /// A database of its own in memory.
    pub(crate) async fn memory(ids: IdSource) -> Result<Self, StartError> {
        let only = open::memory()?;
        Ok(Self {
            readers: Readers::new([only.clone()]),
            // There is no disk to wait for, so nothing is gained by writing together.
            writer: Writer::spawn(only, ids, 1)?,
        })
    }

    /// The database in the file at `path`.
    pub(crate) async fn file(path: &Path, ids: IdSource) -> Result<Self, StartError> {
        let (readers, writer) = open::file(path).await?;
        Ok(Self {
            readers,
            writer: Writer::spawn(writer, ids, write::TOGETHER)?,
        })
    }

    pub(crate) async fn list(
        &self,
        query: &PageQuery,
        each: impl FnMut(Permission<'_>),
    ) -> Result<Listing, StoreError> {
        self.readers
            .with(|connection| read::page(connection, query, each))
            .ok_or_else(StoreError::closed)?
            .map_err(errors::at_run_time)
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
        self.readers
            .with(|connection| read::ping(connection))
            .ok_or_else(StoreError::closed)?
            .map_err(errors::at_run_time)
    }

    pub(crate) async fn close(&self) {
        // The writer last: whoever closes last brings the log into the file.
        self.writer.finish().await;
        self.readers.close();
        self.writer.close();
    }
}
