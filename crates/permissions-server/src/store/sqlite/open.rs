//! Opening a database: check first, so that a wrong file is told before anything is written to it.

use std::path::Path;
use std::time::Duration;

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{Connection, SqlSafeStr, SqliteConnection, query_scalar};

use super::connections::Connections;
use super::errors;
use crate::error::StartError;

/// Marks a file as one of ours ("ckpm").
const APPLICATION_ID: i32 = 0x636b_706d;
/// How long a write waits for another process that writes to the same file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Readers of one file; each has a thread.
const READERS: usize = 4;
/// Files up to this size are checked whole when they are opened.
const CHECKED_BYTES: u64 = 16 << 20;

/// The one connection to a database of its own: another would see another.
pub(super) async fn memory() -> Result<Connections, StartError> {
    let path = Path::new(":memory:");
    let at_start = |error| errors::at_start(path, error);
    let options = SqliteConnectOptions::new().in_memory(true);
    let only = Connections::open(&options, 1).await.map_err(at_start)?;
    migrate(only.lend().await.connection().map_err(at_start)?, path).await?;
    Ok(only)
}

/// Readers and the one writer of the file at `path`.
pub(super) async fn file(path: &Path) -> Result<(Connections, Connections), StartError> {
    let size = inspect(path)?;
    let at_start = |error| errors::at_start(path, error);
    // Whole, because SQLite takes some relative names (`file:…`) for more than a name.
    let whole = std::path::absolute(path).map_err(|error| {
        StartError::with_source(
            format!(
                "failed to open the database file {}: {error}",
                path.display()
            ),
            error,
        )
    })?;
    let plain = SqliteConnectOptions::new()
        .filename(whole)
        .create_if_missing(true)
        .busy_timeout(BUSY_TIMEOUT);

    // Looked at before WAL is asked for: switching the journal changes the file.
    let mut look = SqliteConnection::connect_with(&plain)
        .await
        .map_err(at_start)?;
    let verdict = refuse_unfit(&mut look, path, size).await;
    // Closed before a refusal too: only then SQLite takes away the files it made beside this one.
    let closed = look.close().await.map_err(at_start);
    verdict.and(closed)?;

    let options = plain
        .journal_mode(SqliteJournalMode::Wal)
        // FULL: a commit is on disk when it returns, not only with the next checkpoint.
        .synchronous(SqliteSynchronous::Full);
    let writer = Connections::open(&options, 1).await.map_err(at_start)?;
    let mut loan = writer.lend().await;
    let connection = loan.connection().map_err(at_start)?;
    // A write on every start, so that a full or read-only disk is told now; and before the schema,
    // so that a first start cut short is not taken for another program's file.
    sqlx::query("PRAGMA application_id = 1667985517")
        .execute(&mut *connection)
        .await
        .map_err(at_start)?;
    migrate(connection, path).await?;
    drop(loan);
    let readers = Connections::open(&options.pragma("query_only", "1"), READERS)
        .await
        .map_err(at_start)?;
    Ok((readers, writer))
}

/// Refuses what no database can be opened on, and gives the size of what is there.
fn inspect(path: &Path) -> Result<u64, StartError> {
    let file = path.display();
    if path.as_os_str().is_empty() {
        return Err(StartError::new(
            "failed to open the database file: its path is empty; give the path of a file",
        ));
    }
    if path == Path::new(":memory:") {
        return Err(StartError::new(format!(
            "failed to open the database file {file}: this is SQLite's name for memory, not a file; \
             use Database::memory() to keep the data in memory, or ./:memory: for a file of that name"
        )));
    }
    match std::fs::metadata(path) {
        Ok(found) if found.is_dir() => Err(StartError::new(format!(
            "failed to open the database file {file}: it is a folder; give the path of a file"
        ))),
        Ok(found) if found.permissions().readonly() => {
            Err(StartError::new(errors::read_only(path)))
        }
        Ok(found) => Ok(found.len()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let folder = path
                .parent()
                .filter(|folder| !folder.as_os_str().is_empty());
            match folder {
                Some(folder) if !folder.is_dir() => Err(StartError::new(format!(
                    "failed to create the database file {file}: the folder {} does not exist; \
                     create it or give another path",
                    folder.display()
                ))),
                _ => Ok(0),
            }
        }
        Err(error) => Err(StartError::with_source(
            format!("failed to open the database file {file}: {error}"),
            error,
        )),
    }
}

/// Refuses a file of `size` bytes that is not ours or not whole.
async fn refuse_unfit(
    connection: &mut SqliteConnection,
    path: &Path,
    size: u64,
) -> Result<(), StartError> {
    refuse_foreign(connection, path).await?;
    if size > 0 && size <= CHECKED_BYTES {
        refuse_damaged(connection, path).await?;
    }
    Ok(())
}

/// Refuses a database that some other program keeps its data in.
async fn refuse_foreign(connection: &mut SqliteConnection, path: &Path) -> Result<(), StartError> {
    let at_start = |error| errors::at_start(path, error);
    let application: i32 = query_scalar("PRAGMA application_id")
        .fetch_one(&mut *connection)
        .await
        .map_err(at_start)?;
    let tables: i64 = query_scalar("SELECT count(*) FROM sqlite_schema")
        .fetch_one(&mut *connection)
        .await
        .map_err(at_start)?;
    if application == APPLICATION_ID || (application == 0 && tables == 0) {
        return Ok(());
    }
    Err(StartError::new(format!(
        "failed to open the database file {}: it holds another program's data; \
         give the path of another file",
        path.display()
    )))
}

async fn refuse_damaged(connection: &mut SqliteConnection, path: &Path) -> Result<(), StartError> {
    let verdict: String = query_scalar("PRAGMA quick_check(1)")
        .fetch_one(&mut *connection)
        .await
        .map_err(|error| errors::at_start(path, error))?;
    if verdict == "ok" {
        Ok(())
    } else {
        Err(StartError::with_source(errors::damaged(path), verdict))
    }
}

async fn migrate(connection: &mut SqliteConnection, path: &Path) -> Result<(), StartError> {
    let migrations = vec![Migration::new(
        1,
        "permissions".into(),
        MigrationType::Simple,
        include_str!("../../../migrations/sqlite/0001_permissions.sql").into_sql_str(),
        false,
    )];
    Migrator::with_migrations(migrations)
        .run(connection)
        .await
        .map_err(|error| errors::at_migration(path, error))
}
