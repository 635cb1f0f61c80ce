//! Opens a database. Checks run before the first write, so that a file of another program stays unchanged.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, TransactionBehavior, params};

use super::log::Log;
use super::{BUSY_TIMEOUT, errors};
use crate::error::StartError;
use crate::store::is_sqlite_url;
use crate::store::schema::{self, Migration};

/// Identifies files of this program ("ckpm").
const APPLICATION_ID: i32 = 0x636b_706d;
/// The pause between two attempts to open a locked file.
const RETRY_PAUSE: Duration = Duration::from_millis(5);
/// Minimum number of connections for reads. There is one for each processor.
const MIN_READERS: usize = 4;
/// Page cache of each reader. The inner B-tree pages of ten million permissions take 7 MiB. The rest is for leaf pages, which
/// would otherwise evict the inner pages.
const READER_CACHE_KIB: i64 = 12 << 10;
/// Files up to this size are checked completely when they are opened. Larger ones would delay the start by seconds.
const CHECKED_BYTES: u64 = 16 << 20;
/// Size to which the write-ahead log is truncated after it has grown.
const LOG_BYTES: i64 = 8 << 20;

const MIGRATIONS: &[Migration] = &[
    Migration {
        version: 1,
        description: "permissions",
        sql: include_str!("../../../migrations/sqlite/0001_permissions.sql"),
    },
    Migration {
        version: 2,
        description: "projects",
        sql: include_str!("../../../migrations/sqlite/0002_projects.sql"),
    },
];

/// The connections to a file.
pub(super) struct Opened {
    pub(super) readers: Vec<Connection>,
    pub(super) writer: Connection,
    pub(super) log: Log,
}

/// Why an attempt to open a file failed.
enum Failure {
    Sqlite(rusqlite::Error),
    /// The content of the file cannot be used. Contains the message.
    Unusable(String),
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

/// Creates a database in memory.
pub(super) fn memory() -> Result<Connection, StartError> {
    let create = || {
        let connection = Connection::open_in_memory()?;
        keep_query_plans(&connection)?;
        for migration in MIGRATIONS {
            connection.execute_batch(migration.sql)?;
        }
        Ok(connection)
    };
    create().map_err(|error| errors::at_start(Path::new(":memory:"), error))
}

/// Opens or creates the file at `path`.
///
/// SQLite reports some locks at once, without waiting for the busy timeout, for example if two processes switch a new
/// file to WAL mode at the same time. Such attempts are repeated.
pub(super) fn file(path: &Path) -> Result<Opened, StartError> {
    let bytes = check_path(path)?;
    let deadline = Instant::now() + BUSY_TIMEOUT;
    loop {
        match attempt(path, bytes) {
            Ok(opened) => return Ok(opened),
            Err(Failure::Unusable(message)) => return Err(StartError::new(message)),
            Err(Failure::Sqlite(error)) if errors::is_busy(&error) && Instant::now() < deadline => {
                thread::sleep(RETRY_PAUSE);
            }
            Err(Failure::Sqlite(error)) => return Err(errors::at_start(path, error)),
        }
    }
}

fn attempt(path: &Path, bytes: u64) -> Result<Opened, Failure> {
    let mut writer = connect(path)?;
    check_content(path, bytes, &mut writer)?;
    writer.pragma_update(None, "journal_mode", "WAL")?;
    // With FULL, a commit is on disk when it returns.
    writer.pragma_update(None, "synchronous", "FULL")?;
    writer.pragma_update(None, "journal_size_limit", LOG_BYTES)?;
    migrate(path, &mut writer)?;
    let processors = thread::available_parallelism().map_or(MIN_READERS, usize::from);
    let readers = (0..processors.max(MIN_READERS)).map(|_| {
        let reader = connect(path)?;
        reader.pragma_update(None, "query_only", true)?;
        reader.pragma_update(None, "cache_size", -READER_CACHE_KIB)?;
        Ok(reader)
    });
    Ok(Opened {
        readers: readers.collect::<Result<_, rusqlite::Error>>()?,
        writer,
        log: Log::new(path),
    })
}

fn connect(path: &Path) -> Result<Connection, rusqlite::Error> {
    // Without SQLITE_OPEN_URI, every path is a plain path. A mutex is not needed, because every connection has a lock.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    keep_query_plans(&connection)?;
    Ok(connection)
}

/// Keeps the plan of a prepared statement. By default SQLite prepares a statement again whenever its `LIMIT` is bound,
/// which takes longer than running it.
fn keep_query_plans(connection: &Connection) -> Result<(), rusqlite::Error> {
    connection
        .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
        .map(drop)
}

/// Fails if the file belongs to another program or is damaged.
///
/// One transaction reads everything, because another process may be creating the tables at the same time.
fn check_content(path: &Path, bytes: u64, connection: &mut Connection) -> Result<(), Failure> {
    let transaction = connection.transaction()?;
    let number = |query| transaction.query_row(query, [], |row| row.get::<_, i32>(0));
    let application = number("PRAGMA application_id")?;
    let tables = number("SELECT count(*) FROM sqlite_schema")?;
    if application != APPLICATION_ID && (application != 0 || tables != 0) {
        let reason = "the file contains the data of another program; use the path of another file";
        return Err(Failure::Unusable(errors::cannot_open(path, reason)));
    }
    if (1..=CHECKED_BYTES).contains(&bytes) {
        let verdict: String =
            transaction.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
        if verdict != "ok" {
            let message = errors::cannot_open(path, errors::DAMAGED);
            return Err(Failure::Unusable(message));
        }
    }
    Ok(())
}

/// Migrates the schema in one transaction. Concurrent starts wait for its lock.
fn migrate(path: &Path, connection: &mut Connection) -> Result<(), Failure> {
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
    let applied = transaction.query_row(
        "SELECT coalesce(max(version), 0) FROM _sqlx_migrations",
        [],
        |row| row.get(0),
    )?;
    let pending = schema::pending(MIGRATIONS, applied).map_err(|version| {
        Failure::Unusable(schema::newer(&path.display().to_string(), version))
    })?;
    for migration in pending {
        transaction.execute_batch(migration.sql)?;
        transaction.execute(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
             VALUES (?1, ?2, TRUE, ?3, 0)",
            params![
                migration.version,
                migration.description,
                migration.checksum()
            ],
        )?;
    }
    Ok(transaction.commit()?)
}

/// Fails if no database can be opened at `path`. Returns the size of an existing file.
fn check_path(path: &Path) -> Result<u64, StartError> {
    let refuse = |reason: &str| Err(StartError::new(errors::cannot_open(path, reason)));
    if path.as_os_str().is_empty() {
        return refuse("the path is empty; use the path of a file");
    }
    if path == Path::new(":memory:") {
        return refuse(
            "this is SQLite's name for memory, not a file; use Database::memory() to keep the data in memory, \
             or ./:memory: for a file of that name",
        );
    }
    if is_sqlite_url(path) {
        return refuse(
            "URLs with sqlite: or file: are not supported; use the path of the file, or :memory:",
        );
    }
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => refuse("the path is a folder; use the path of a file"),
        Ok(found) if found.permissions().readonly() => refuse(errors::READ_ONLY),
        Ok(found) => Ok(found.len()),
        Err(error) if error.kind() == ErrorKind::NotFound => match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() && !folder.is_dir() => refuse(&format!(
                "the folder {} does not exist; create it or use another path",
                folder.display()
            )),
            _ => Ok(0),
        },
        Err(error) => {
            let message = errors::cannot_open(path, &error.to_string());
            Err(StartError::with_source(message, error))
        }
    }
}
