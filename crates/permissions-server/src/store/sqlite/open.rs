//! Opening a database: check first, so that a wrong file is told before anything is written to it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{Connection as _, SqlSafeStr, SqliteConnection};
use tokio::task::spawn_blocking;

use super::connections::{Readers, Slot};
use super::errors;
use crate::error::StartError;

/// Marks a file as one of ours ("ckpm").
const APPLICATION_ID: i32 = 0x636b_706d;
/// How long a write waits for another process that writes to the same file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Readers of one file at least; there is one for each processor.
const READERS: usize = 4;
/// Memory of each for pages of the file: the inner ones of ten million permissions fit, beside enough
/// others not to be driven out by them.
const READER_CACHE_KIB: i64 = 12 << 10;
/// Files up to this size are checked whole when they are opened.
const CHECKED_BYTES: u64 = 16 << 20;
/// The only version of the schema so far.
const SCHEMA: &str = include_str!("../../../migrations/sqlite/0001_permissions.sql");

/// The one connection to a database of its own: another would see another.
pub(super) fn memory() -> Result<Slot, StartError> {
    Connection::open_in_memory()
        .and_then(|only| {
            keep_plans(&only)?;
            only.execute_batch(SCHEMA)?;
            Ok(Slot::new(only))
        })
        .map_err(|error| errors::at_start(Path::new(":memory:"), error))
}

/// Readers and the one writer of the file at `path`.
pub(super) async fn file(path: &Path) -> Result<(Readers, Slot), StartError> {
    let file = File::new(path)?;
    let (file, writer) = in_background(path, move || {
        file.refuse_unfit()?;
        let writer = file.writer()?;
        Ok((file, writer))
    })
    .await?;
    file.migrate().await?;
    let readers = in_background(path, move || file.readers()).await?;
    Ok((readers, Slot::new(writer)))
}

/// A statement keeps the plan it was prepared with. Otherwise SQLite prepares it again whenever its
/// `LIMIT` is bound, which costs more than running it.
fn keep_plans(connection: &Connection) -> Result<(), rusqlite::Error> {
    connection
        .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
        .map(drop)
}

/// Runs what waits for the disk where nobody else has to wait with it.
async fn in_background<T: Send + 'static>(
    path: &Path,
    work: impl FnOnce() -> Result<T, StartError> + Send + 'static,
) -> Result<T, StartError> {
    spawn_blocking(work).await.unwrap_or_else(|error| {
        let path = path.display();
        let message = format!("failed to open the database file {path}: {error}");
        Err(StartError::with_source(message, error))
    })
}

/// A file that can hold a database.
#[derive(Debug)]
struct File {
    /// As it was given, for errors.
    path: PathBuf,
    /// Whole, because sqlx takes some relative names (`file:…`) for more than a name.
    whole: PathBuf,
    bytes: u64,
}

impl File {
    fn new(path: &Path) -> Result<Self, StartError> {
        let bytes = inspect(path)?;
        let whole = std::path::absolute(path).map_err(|error| {
            let path = path.display();
            let message = format!("failed to open the database file {path}: {error}");
            StartError::with_source(message, error)
        })?;
        Ok(Self {
            path: path.to_owned(),
            whole,
            bytes,
        })
    }

    /// Refuses a file that is not ours or not whole. Looked at before WAL is asked for: switching
    /// the journal changes the file.
    fn refuse_unfit(&self) -> Result<(), StartError> {
        let look = self.connect().map_err(|error| self.at_start(error))?;
        let foreign = self.refuse_foreign(&look);
        let verdict = match foreign {
            Ok(()) if (1..=CHECKED_BYTES).contains(&self.bytes) => self.refuse_damaged(&look),
            other => other,
        };
        // Closed before a refusal too: only then SQLite takes away the files it made beside this one.
        let closed = look.close().map_err(|(_, error)| self.at_start(error));
        verdict.and(closed)
    }

    /// Refuses a database that some other program keeps its data in.
    fn refuse_foreign(&self, look: &Connection) -> Result<(), StartError> {
        let number = |query| {
            look.query_row(query, [], |row| row.get::<_, i32>(0))
                .map_err(|error| self.at_start(error))
        };
        let application = number("PRAGMA application_id")?;
        let tables = number("SELECT count(*) FROM sqlite_schema")?;
        if application == APPLICATION_ID || (application == 0 && tables == 0) {
            return Ok(());
        }
        Err(StartError::new(format!(
            "failed to open the database file {}: it holds another program's data; \
             give the path of another file",
            self.path.display()
        )))
    }

    fn refuse_damaged(&self, look: &Connection) -> Result<(), StartError> {
        let verdict: String = look
            .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
            .map_err(|error| self.at_start(error))?;
        if verdict == "ok" {
            Ok(())
        } else {
            Err(StartError::with_source(
                errors::damaged(&self.path),
                verdict,
            ))
        }
    }

    /// The one connection that writes.
    fn writer(&self) -> Result<Connection, StartError> {
        let writer = self.durable().map_err(|error| self.at_start(error))?;
        // A write on every start, so that a full or read-only disk is told now; and before the
        // schema, so that a first start cut short is not taken for another program's file.
        writer
            .pragma_update(None, "application_id", APPLICATION_ID)
            .map_err(|error| self.at_start(error))?;
        Ok(writer)
    }

    /// A connection for each processor: a request reads on the processor that it is on.
    fn readers(&self) -> Result<Readers, StartError> {
        let processors = std::thread::available_parallelism().map_or(READERS, usize::from);
        let slots: Result<Vec<_>, rusqlite::Error> = (0..processors.max(READERS))
            .map(|_| {
                let reader = self.durable()?;
                reader.pragma_update(None, "query_only", true)?;
                reader.pragma_update(None, "cache_size", -READER_CACHE_KIB)?;
                Ok(Slot::new(reader))
            })
            .collect();
        slots
            .map(Readers::new)
            .map_err(|error| self.at_start(error))
    }

    /// Brings the schema up to date.
    async fn migrate(&self) -> Result<(), StartError> {
        let migrations = vec![Migration::new(
            1,
            "permissions".into(),
            MigrationType::Simple,
            SCHEMA.into_sql_str(),
            false,
        )];
        let options = SqliteConnectOptions::new()
            .filename(&self.whole)
            .busy_timeout(BUSY_TIMEOUT)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full);
        let mut connection = SqliteConnection::connect_with(&options)
            .await
            .map_err(|error| self.at_start(error))?;
        let migrated = Migrator::with_migrations(migrations)
            .run(&mut connection)
            .await
            .map_err(|error| errors::at_migration(&self.path, error));
        let closed = connection
            .close()
            .await
            .map_err(|error| self.at_start(error));
        migrated.and(closed)
    }

    fn durable(&self) -> Result<Connection, rusqlite::Error> {
        let connection = self.connect()?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        // FULL: a commit is on disk when it returns, not only with the next checkpoint.
        connection.pragma_update(None, "synchronous", "FULL")?;
        Ok(connection)
    }

    fn connect(&self) -> Result<Connection, rusqlite::Error> {
        // A name is a name, whatever it looks like, and no connection is in two places at once.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.whole, flags)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        keep_plans(&connection)?;
        Ok(connection)
    }

    fn at_start(&self, error: impl errors::Coded + 'static) -> StartError {
        errors::at_start(&self.path, error)
    }
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
