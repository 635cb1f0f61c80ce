//! Permissions and projects in SQLite or PostgreSQL.
//!
//! Each checkpoint numbers its permissions in the order of creation. This number is the *position*. Positions are
//! committed in the order in which they are assigned. A page starts at a position, so concurrent writes never shift it.
//! The positions of deleted permissions are kept in a separate table, so that a deleted permission still works as a cursor.

mod error;
mod postgres;
mod projects;
mod schema;
mod sqlite;

use std::path::{Path, PathBuf};

use rusqlite::Connection;
use secrecy::SecretString;
use serde::Deserialize;

use crate::error::StartError;
use crate::id::IdSource;
pub(crate) use error::{StoreError, StoreErrorKind};
use postgres::{PostgresStore, operations};
pub(crate) use projects::{Project, ProjectPreset, ProjectQuery};
use sqlite::{SqliteStore, read, write};

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
    /// (`HOST:PORT,HOST:PORT`), the server uses the first host that accepts writes. If this host fails, the server
    /// switches to another host that accepts writes.
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

/// Whether a path is a `file:` URL of SQLite, or a `sqlite:` URL, which some libraries use. [`sqlite::file`] refuses such a
/// path.
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

impl Permission<&str> {
    fn into_owned(self) -> Permission {
        Permission {
            id: self.id.to_owned(),
            project_id: self.project_id.to_owned(),
            created_at: self.created_at,
        }
    }
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

/// A request to create permissions.
#[derive(Debug, Clone)]
pub(crate) struct Creation {
    pub(crate) checkpoint: String,
    /// Project ids without duplicates, in the order of the response.
    pub(crate) project_ids: Vec<String>,
    /// Seconds since 1970.
    pub(crate) created_at: i64,
    /// Generates the ids of the new permissions.
    pub(crate) ids: IdSource,
}

impl Creation {
    fn permission_id(&self, position: i64) -> String {
        self.ids.permission_id(&self.checkpoint, position)
    }
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
pub(crate) enum Store {
    Sqlite(SqliteStore),
    Postgres(PostgresStore),
}

impl Store {
    /// Opens the database and migrates its schema.
    pub(crate) async fn open(database: &Database) -> Result<Self, StartError> {
        match &database.0 {
            Location::Memory => sqlite::memory().map(Self::Sqlite),
            Location::SqliteFile(path) => {
                let path = path.clone();
                let opened = tokio::task::spawn_blocking(move || sqlite::file(&path)).await;
                let failed =
                    |panic| StartError::new(format!("failed to open the database: {panic}"));
                opened.map_err(failed)?.map(Self::Sqlite)
            }
            Location::Postgres(url) => PostgresStore::open(url).await.map(Self::Postgres),
        }
    }

    /// Reads one page and calls `each` with its permissions in order. Returns whether there is another page, or `None` if
    /// the checkpoint never had the permission in [`PageQuery::after`]. If the read fails, `each` may have been called for a
    /// part of the page.
    pub(crate) async fn list(
        &self,
        query: &PageQuery,
        each: impl FnMut(Permission<&str>) + Send,
    ) -> Result<Option<bool>, StoreError> {
        match self {
            Self::Sqlite(store) => store.read(|connection| read::page(connection, query, each)),
            Self::Postgres(store) => operations::list(store, query, each).await,
        }
    }

    /// Creates the missing permissions in one transaction. Returns the permission of every project in the order of the
    /// request, once the transaction is on disk.
    pub(crate) async fn create(&self, creation: Creation) -> Result<Vec<Permission>, StoreError> {
        match self {
            Self::Sqlite(store) => {
                let create = move |connection: &Connection| write::create(connection, &creation);
                store.write(create).await
            }
            Self::Postgres(store) => {
                store
                    .run(true, |client| operations::create(client, &creation))
                    .await
            }
        }
    }

    /// Deletes a permission. Returns `false` if the checkpoint has no permission with this id.
    pub(crate) async fn delete(&self, deletion: Deletion) -> Result<bool, StoreError> {
        match self {
            Self::Sqlite(store) => {
                let delete = move |connection: &Connection| write::delete(connection, &deletion);
                store.write(delete).await
            }
            // A delete is not retried: if the first attempt had an effect, a second one would respond with 404.
            Self::Postgres(store) => {
                store
                    .run(false, |client| operations::delete(client, &deletion))
                    .await
            }
        }
    }

    /// Reads one page of projects, plus one project if there is another page. Returns `None` if the cursor is unknown.
    pub(crate) async fn projects(
        &self,
        query: &ProjectQuery,
    ) -> Result<Option<Vec<Project>>, StoreError> {
        match self {
            Self::Sqlite(store) => store.read(|connection| read::projects(connection, query)),
            Self::Postgres(store) => {
                store
                    .run(true, |client| operations::projects(client, query))
                    .await
            }
        }
    }

    /// Creates or updates projects in one transaction. Existing projects keep the times of their creation and archival.
    pub(crate) async fn put_projects(
        &self,
        projects: Vec<ProjectPreset>,
        now: i64,
    ) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(store) => {
                let put =
                    move |connection: &Connection| write::put_projects(connection, &projects, now);
                store.write(put).await
            }
            Self::Postgres(store) => {
                store
                    .run(true, |client| {
                        operations::put_projects(client, &projects, now)
                    })
                    .await
            }
        }
    }

    /// Checks that the database responds.
    pub(crate) async fn ping(&self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(store) => store.read(read::ping),
            Self::Postgres(store) => store.attempt(postgres::ping).await,
        }
    }

    /// Waits for queued writes. Later writes fail.
    pub(crate) async fn close(&self) {
        if let Self::Sqlite(store) = self {
            store.close().await;
        }
    }
}
