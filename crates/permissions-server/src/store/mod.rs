//! Permissions and projects in SQLite or PostgreSQL.
//!
//! Each checkpoint numbers its permissions in the order of creation. This number is the *position*. Positions are
//! committed in the order in which they are assigned. A page starts at a position, so concurrent writes never shift it.
//! A deleted permission keeps its position in a table of its own, so it still works as a cursor.

mod error;
mod postgres;
mod projects;
mod schema;
mod sqlite;

use std::path::{Path, PathBuf};

use secrecy::SecretString;
use serde::Deserialize;

use crate::error::StartError;
use crate::id::IdSource;
pub(crate) use error::{StoreError, StoreErrorKind};
use postgres::PostgresStore;
pub(crate) use projects::{Project, ProjectQuery};
use sqlite::SqliteStore;

/// The database that stores permissions and projects.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(from = "String")]
pub struct Database(Location);

#[derive(Debug, Clone, Default)]
enum Location {
    #[default]
    Memory,
    SqliteFile(PathBuf),
    Postgres(SecretString),
}

impl Database {
    /// A SQLite database in memory, which is lost when the server stops.
    pub fn memory() -> Self {
        Self(Location::Memory)
    }

    /// The SQLite file at `path`, which is created if it is missing. While the server runs, SQLite keeps two more files
    /// beside it, `…-wal` and `…-shm`.
    pub fn sqlite_file(path: impl Into<PathBuf>) -> Self {
        Self(Location::SqliteFile(path.into()))
    }

    /// The PostgreSQL database at `postgres://USER:PASSWORD@HOST:PORT/DATABASE`.
    ///
    /// Several servers may share a database. Missing tables are created. If the URL lists several hosts
    /// (`HOST:PORT,HOST:PORT`), the server uses the first one that accepts writes, and switches to another one if that
    /// one fails.
    pub fn postgres(url: impl Into<SecretString>) -> Self {
        Self(Location::Postgres(url.into()))
    }

    /// Resolves a relative path of a SQLite file against `folder`.
    pub(crate) fn in_folder(self, folder: &Path) -> Self {
        match self.0 {
            Location::SqliteFile(path) if !is_sqlite_url(&path) => {
                Self::sqlite_file(folder.join(path))
            }
            other => Self(other),
        }
    }
}

/// Parses `:memory:`, a PostgreSQL URL or the path of a SQLite file.
///
/// The server refuses to start with a URL of another scheme.
impl From<&str> for Database {
    fn from(text: &str) -> Self {
        if text == ":memory:" {
            Self::memory()
        } else if text.contains("://") && !is_sqlite_url(Path::new(text)) {
            Self::postgres(text)
        } else {
            Self::sqlite_file(text)
        }
    }
}

impl From<String> for Database {
    fn from(text: String) -> Self {
        Self::from(&*text)
    }
}

/// Whether a path is a URL of SQLite or of a library for SQLite. [`SqliteStore::file`] refuses such a path.
fn is_sqlite_url(path: &Path) -> bool {
    let path = path.to_string_lossy().to_ascii_lowercase();
    ["sqlite:", "sqlite3:", "file:"]
        .iter()
        .any(|scheme| path.starts_with(scheme))
}

/// A permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Permission<T = String> {
    pub(crate) id: T,
    pub(crate) project_id: T,
    /// Seconds since 1970.
    pub(crate) created_at: i64,
}

/// The order of a list, by creation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    Ascending,
    Descending,
}

/// A request for one page.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct PageQuery {
    pub(crate) checkpoint: String,
    /// The cursor. The page starts after the permission with this id.
    pub(crate) after: Option<String>,
    pub(crate) limit: u32,
    pub(crate) order: Order,
    pub(crate) project_id: Option<String>,
}

/// The result of reading a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PageResult {
    Page {
        has_more: bool,
    },
    /// The checkpoint never had the permission in [`PageQuery::after`].
    UnknownCursor,
}

/// A request to create permissions.
#[derive(Debug, Clone)]
pub(crate) struct Creation {
    pub(crate) checkpoint: String,
    /// Project ids without duplicates, in the order of the response.
    pub(crate) project_ids: Vec<String>,
    /// Seconds since 1970.
    pub(crate) created_at: i64,
}

/// A request to delete a permission.
#[derive(Debug, Clone)]
pub(crate) struct Deletion {
    pub(crate) checkpoint: String,
    pub(crate) permission_id: String,
    /// Seconds since 1970.
    pub(crate) deleted_at: i64,
}

/// An open database.
#[derive(Debug)]
pub(crate) enum Store {
    Sqlite(SqliteStore),
    Postgres(PostgresStore),
}

impl Store {
    /// Opens the database and migrates its schema.
    pub(crate) async fn open(database: &Database, ids: IdSource) -> Result<Self, StartError> {
        match &database.0 {
            Location::Memory => SqliteStore::memory(ids).map(Self::Sqlite),
            Location::SqliteFile(path) => SqliteStore::file(path, ids).await.map(Self::Sqlite),
            Location::Postgres(url) => PostgresStore::open(url, ids).await.map(Self::Postgres),
        }
    }

    /// Reads one page and calls `each` with its permissions in order. If the read fails, `each` may have been called
    /// for a part of the page.
    pub(crate) async fn list(
        &self,
        query: &PageQuery,
        each: impl FnMut(Permission<&str>) + Send,
    ) -> Result<PageResult, StoreError> {
        match self {
            Self::Sqlite(store) => store.list(query, each),
            Self::Postgres(store) => store.list(query, each).await,
        }
    }

    /// Creates the missing permissions in one transaction. Returns the permission of every project in the order of the
    /// request, once the transaction is on disk.
    pub(crate) async fn create(&self, creation: Creation) -> Result<Vec<Permission>, StoreError> {
        match self {
            Self::Sqlite(store) => store.create(creation).await,
            Self::Postgres(store) => store.create(&creation).await,
        }
    }

    /// Deletes a permission. Returns `false` if the checkpoint has no permission with this id.
    pub(crate) async fn delete(&self, deletion: Deletion) -> Result<bool, StoreError> {
        match self {
            Self::Sqlite(store) => store.delete(deletion).await,
            Self::Postgres(store) => store.delete(&deletion).await,
        }
    }

    /// Reads one page of projects, plus one project if there is another page. Returns `None` if the cursor is unknown.
    pub(crate) async fn projects(
        &self,
        query: &ProjectQuery,
    ) -> Result<Option<Vec<Project>>, StoreError> {
        match self {
            Self::Sqlite(store) => store.projects(query),
            Self::Postgres(store) => store.projects(query).await,
        }
    }

    /// Creates or updates projects in one transaction. Existing projects keep the times of their creation and archival.
    pub(crate) async fn put_projects(&self, projects: Vec<Project>) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(store) => store.put_projects(projects).await,
            Self::Postgres(store) => store.put_projects(&projects).await,
        }
    }

    /// Checks that the database responds.
    pub(crate) async fn ping(&self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(store) => store.ping(),
            Self::Postgres(store) => store.ping().await,
        }
    }

    /// Waits for queued writes. Later writes fail.
    pub(crate) async fn close(&self) {
        if let Self::Sqlite(store) = self {
            store.close().await;
        }
    }
}
