//! Opens a database. Checks run before the first write, so that a file of another program stays unchanged.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, TransactionBehavior, params};

use super::log::Log;
use super::{BUSY_TIMEOUT, Shared, SqliteStore, errors};
use crate::error::StartError;
use crate::store::{is_sqlite_url, schema};

/// Identifies files of this program ("ckpm").
const APPLICATION_ID: i32 = 0x636b_706d;
/// The pause between two attempts to open a locked file.
const RETRY_PAUSE: Duration = Duration::from_millis(5);
/// Minimum number of connections for reads. If there are more processors, there is one connection for each processor.
const MIN_READERS: usize = 4;
/// Page cache of each reader. The inner B-tree pages of ten million permissions take 7 MiB. The rest is for leaf pages, which
/// would otherwise evict the inner pages.
const READER_CACHE_KIB: i64 = 12 << 10;
/// Files up to this size are checked completely when they are opened. A complete check of a larger file would delay the
/// start by seconds.
const CHECKED_BYTES: u64 = 16 << 20;
/// Size to which the write-ahead log is truncated after it has grown.
const LOG_BYTES: i64 = 8 << 20;

/// The SQL of each version of the schema.
const MIGRATIONS: schema::Statements = [
    include_str!("../../../migrations/sqlite/0001_permissions.sql"),
    include_str!("../../../migrations/sqlite/0002_projects.sql"),
];

/// Why an attempt to open a file failed.
enum Failure {
    Sqlite(rusqlite::Error),
    /// The content of the file cannot be used, for this reason.
    Unusable(String),
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl Failure {
    fn into_error(self, path: &Path) -> StartError {
        match self {
            Self::Sqlite(error) => errors::at_start(path, error),
            Self::Unusable(reason) => errors::cannot_open(path, &reason),
        }
    }
}

/// Creates a database in memory. The store has a single connection, because another connection would open another database.
pub(in crate::store) fn memory() -> Result<SqliteStore, StartError> {
    let path = Path::new(":memory:");
    let open = || {
        let mut connection = connect(path)?;
        migrate(&mut connection)?;
        Ok(connection)
    };
    let connection = open().map_err(|failure: Failure| failure.into_error(path))?;
    let connection = Arc::new(Mutex::new(connection));
    SqliteStore::new(vec![Arc::clone(&connection)], connection, None)
}

/// Opens or creates the file at `path`.
///
/// SQLite reports some locks at once, without waiting for the busy timeout, for example if two processes switch a new
/// file to WAL mode at the same time. Such attempts are repeated.
pub(in crate::store) fn file(path: &Path) -> Result<SqliteStore, StartError> {
    let bytes = check_path(path)?;
    let deadline = Instant::now() + BUSY_TIMEOUT;
    loop {
        match attempt(path, bytes) {
            Err(Failure::Sqlite(error)) if errors::is_busy(&error) && Instant::now() < deadline => {
                thread::sleep(RETRY_PAUSE);
            }
            Err(failure) => return Err(failure.into_error(path)),
            Ok((readers, writer)) => {
                return SqliteStore::new(readers, writer, Some(Log::new(path)));
            }
        }
    }
}

/// Opens the connections for reads and the connection for writes.
fn attempt(path: &Path, bytes: u64) -> Result<(Vec<Shared>, Shared), Failure> {
    let mut writer = connect(path)?;
    check_content(bytes, &mut writer)?;
    writer.pragma_update(None, "journal_mode", "WAL")?;
    // With FULL, a commit is on disk when it returns.
    writer.pragma_update(None, "synchronous", "FULL")?;
    writer.pragma_update(None, "journal_size_limit", LOG_BYTES)?;
    migrate(&mut writer)?;
    let processors = thread::available_parallelism().map_or(MIN_READERS, usize::from);
    let readers = (0..processors.max(MIN_READERS)).map(|_| {
        let reader = connect(path)?;
        reader.pragma_update(None, "query_only", true)?;
        reader.pragma_update(None, "cache_size", -READER_CACHE_KIB)?;
        Ok(Arc::new(Mutex::new(reader)))
    });
    let readers = readers.collect::<Result<_, rusqlite::Error>>()?;
    Ok((readers, Arc::new(Mutex::new(writer))))
}

fn connect(path: &Path) -> Result<Connection, rusqlite::Error> {
    // Without SQLITE_OPEN_URI, every path is a plain path. SQLite's own mutex is not needed, because this module locks each
    // connection.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    // Keeps the plan of a prepared statement. By default SQLite prepares a statement again whenever its `LIMIT` is bound,
    // which takes longer than running it.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(connection)
}

/// Fails if the file belongs to another program or is damaged.
///
/// One transaction reads everything, because another process may be creating the tables at the same time.
fn check_content(bytes: u64, connection: &mut Connection) -> Result<(), Failure> {
    let transaction = connection.transaction()?;
    let number = |query| transaction.query_row(query, [], |row| row.get::<_, i32>(0));
    let application = number("PRAGMA application_id")?;
    let tables = number("SELECT count(*) FROM sqlite_schema")?;
    if application != APPLICATION_ID && (application != 0 || tables != 0) {
        let reason = "the file contains the data of another program; use the path of another file";
        return Err(Failure::Unusable(reason.to_owned()));
    }
    if (1..=CHECKED_BYTES).contains(&bytes) {
        let verdict: String =
            transaction.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
        if verdict != "ok" {
            return Err(Failure::Unusable(errors::DAMAGED.to_owned()));
        }
    }
    Ok(())
}

/// Migrates the schema in one transaction. Other servers that start at the same time wait until this transaction ends.
fn migrate(connection: &mut Connection) -> Result<(), Failure> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Every start writes, so that a full or read-only disk makes the start fail.
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.execute_batch(
        "CREATE TABLE IF NOT EXISTS _sqlx_migrations (
            version BIGINT PRIMARY KEY,
            description TEXT NOT NULL,
            installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
            success BOOLEAN NOT NULL,
            checksum BLOB NOT NULL,
            execution_time BIGINT NOT NULL
        )",
    )?;
    let applied = transaction.query_row(schema::APPLIED, [], |row| row.get(0))?;
    for migration in schema::pending(MIGRATIONS, applied).map_err(Failure::Unusable)? {
        transaction.execute_batch(migration.sql)?;
        let record = params![migration.version, migration.description, migration.checksum];
        transaction.execute(schema::RECORD, record)?;
    }
    Ok(transaction.commit()?)
}

/// Fails if no database can be opened at `path`. Returns the size of an existing file.
fn check_path(path: &Path) -> Result<u64, StartError> {
    let reason = match fs::metadata(path) {
        _ if path.as_os_str().is_empty() => "the path is empty; use the path of a file",
        _ if path == Path::new(":memory:") => {
            "this is SQLite's name for memory, not a file; use Database::memory() to keep the data in memory, \
             or ./:memory: for a file of that name"
        }
        _ if is_sqlite_url(path) => {
            "URLs with sqlite: or file: are not supported; use the path of the file, or :memory:"
        }
        Ok(found) if found.is_dir() => "the path is a folder; use the path of a file",
        Ok(found) if found.permissions().readonly() => errors::READ_ONLY,
        Ok(found) => return Ok(found.len()),
        Err(error) if error.kind() == ErrorKind::NotFound => match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() && !folder.is_dir() => &format!(
                "the folder {} does not exist; create it or use another path",
                folder.display()
            ),
            _ => return Ok(0),
        },
        Err(error) => &error.to_string(),
    };
    Err(errors::cannot_open(path, reason))
}
