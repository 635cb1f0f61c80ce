//! The permissions, in a real database.
//!
//! Order of creation is a *position* that each checkpoint counts up and that commits in the order
//! it is handed out. Pages are cut at positions, so concurrent writes never shift them, and a
//! deleted permission leaves its position behind, so it still works as a cursor.

mod error;
mod postgres;
mod sqlite;

use std::path::PathBuf;

use permissions_api::types::Order;
use secrecy::SecretString;

use crate::error::StartError;
use crate::id::IdSource;
pub(crate) use error::{StoreError, StoreErrorKind};
use postgres::PostgresStore;
use sqlite::SqliteStore;

/// Where the permissions are kept.
#[derive(Debug, Clone)]
pub struct Database(Location);

#[derive(Debug, Clone)]
enum Location {
    Memory,
    SqliteFile(PathBuf),
    Postgres(SecretString),
}

impl Database {
    /// In memory: gone when the server stops.
    pub fn memory() -> Self {
        Self(Location::Memory)
    }

    /// In the SQLite file at `path`, which is created if it is missing. Beside it, SQLite keeps
    /// `…-wal` and `…-shm` while the server runs.
    pub fn sqlite_file(path: impl Into<PathBuf>) -> Self {
        Self(Location::SqliteFile(path.into()))
    }

    /// In the PostgreSQL database at `postgres://USER:PASSWORD@HOST:PORT/DATABASE`, which any number
    /// of servers may share. The tables are created if they are missing. With several hosts
    /// (`HOST:PORT,HOST:PORT`) the one that takes writes is used, and looked for again when it is
    /// lost.
    pub fn postgres(url: impl Into<SecretString>) -> Self {
        Self(Location::Postgres(url.into()))
    }
}

/// What a command line or a file says: `:memory:`, a URL, or else the path of a SQLite file. A URL
/// that is none of PostgreSQL's is refused when the server starts.
impl From<&str> for Database {
    fn from(text: &str) -> Self {
        if text == ":memory:" {
            Self::memory()
        } else if text.contains("://") {
            Self::postgres(text)
        } else {
            Self::sqlite_file(text)
        }
    }
}

/// One permission, wherever it is kept.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Permission<'a> {
    pub(crate) id: &'a str,
    pub(crate) project_id: &'a str,
    /// Seconds since 1970.
    pub(crate) created_at: i64,
}

/// One permission as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StoredPermission {
    pub(crate) id: String,
    pub(crate) project_id: String,
    /// Seconds since 1970.
    pub(crate) created_at: i64,
}

impl StoredPermission {
    pub(crate) fn borrowed(&self) -> Permission<'_> {
        Permission {
            id: &self.id,
            project_id: &self.project_id,
            created_at: self.created_at,
        }
    }
}

/// Which page to read.
#[derive(Debug, Clone)]
pub(crate) struct PageQuery {
    pub(crate) checkpoint: String,
    /// The permission after which the page starts, in the given order.
    pub(crate) after: Option<String>,
    pub(crate) limit: u32,
    pub(crate) order: Order,
    pub(crate) project_id: Option<String>,
}

/// What a read of a page found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Listing {
    Page {
        has_more: bool,
    },
    /// The checkpoint never had the permission that the query names as `after`.
    UnknownCursor,
}

/// What to create: each project id once, in the order asked for.
#[derive(Debug, Clone)]
pub(crate) struct Creation {
    pub(crate) checkpoint: String,
    pub(crate) project_ids: Vec<String>,
    /// Seconds since 1970, for those that are new.
    pub(crate) created_at: i64,
}

/// What to delete.
#[derive(Debug, Clone)]
pub(crate) struct Deletion {
    pub(crate) checkpoint: String,
    pub(crate) permission_id: String,
    /// Seconds since 1970.
    pub(crate) deleted_at: i64,
}

/// The one interface to the databases.
#[derive(Debug, Clone)]
pub(crate) enum Store {
    Sqlite(SqliteStore),
    Postgres(PostgresStore),
}

impl Store {
    /// Opens the database and brings its schema up to date.
    pub(crate) async fn open(database: &Database, ids: IdSource) -> Result<Self, StartError> {
        match &database.0 {
            Location::Memory => SqliteStore::memory(ids).await.map(Self::Sqlite),
            Location::SqliteFile(path) => SqliteStore::file(path, ids).await.map(Self::Sqlite),
            Location::Postgres(url) => PostgresStore::open(url, ids).await.map(Self::Postgres),
        }
    }

    /// Reads one page and hands each permission on it to `each`, in order, while the database reads
    /// on: nothing keeps a copy. What was handed on before an error is no page.
    pub(crate) async fn list(
        &self,
        query: &PageQuery,
        each: impl FnMut(Permission<'_>) + Send,
    ) -> Result<Listing, StoreError> {
        match self {
            Self::Sqlite(store) => store.list(query, each).await,
            Self::Postgres(store) => store.list(query, each).await,
        }
    }

    /// Creates what is missing, all of it or nothing, and gives the permission of every project
    /// asked for, in that order. What it answers is on disk.
    pub(crate) async fn create(
        &self,
        creation: Creation,
    ) -> Result<Vec<StoredPermission>, StoreError> {
        match self {
            Self::Sqlite(store) => store.create(creation).await,
            Self::Postgres(store) => store.create(creation).await,
        }
    }

    /// Deletes one permission; `false` if the checkpoint has none of that id.
    pub(crate) async fn delete(&self, deletion: Deletion) -> Result<bool, StoreError> {
        match self {
            Self::Sqlite(store) => store.delete(deletion).await,
            Self::Postgres(store) => store.delete(deletion).await,
        }
    }

    /// Whether the database answers.
    pub(crate) async fn ping(&self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(store) => store.ping().await,
            Self::Postgres(store) => store.ping().await,
        }
    }

    /// Waits for writes already accepted and closes every connection.
    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite(store) => store.close().await,
            Self::Postgres(store) => store.close().await,
        }
    }
}
