//! SQLite's result codes in our words.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::Path;

use sqlx::migrate::MigrateError;

use crate::error::StartError;
use crate::store::{StoreError, StoreErrorKind};

// Primary result codes, as SQLite numbers them.
const BUSY: i32 = 5;
const LOCKED: i32 = 6;
const READONLY: i32 = 8;
const IOERR: i32 = 10;
const CORRUPT: i32 = 11;
const FULL: i32 = 13;
const CANTOPEN: i32 = 14;
const NOTADB: i32 = 26;

/// What a probe of the disk writes: more than the 32 KiB of shared memory SQLite starts with and
/// gives back when it fails.
const PROBE_BYTES: usize = 128 << 10;

/// A failure of a request.
pub(super) fn at_run_time(error: rusqlite::Error) -> StoreError {
    let kind = match error.code() {
        Some(BUSY | LOCKED | IOERR | CANTOPEN) => StoreErrorKind::Unavailable,
        Some(FULL) => StoreErrorKind::Full,
        Some(READONLY) => StoreErrorKind::ReadOnly,
        Some(CORRUPT | NOTADB) => StoreErrorKind::Damaged,
        _ => StoreErrorKind::Internal,
    };
    StoreError::new(kind, format!("SQLite: {error}"))
}

/// A failure to open the file at `path`.
pub(super) fn at_start(path: &Path, error: impl Coded + 'static) -> StartError {
    let file = path.display();
    let message = match error.code() {
        Some(BUSY | LOCKED) => format!(
            "failed to open the database file {file}: another process holds a lock on it; \
             stop that process or wait until it is done"
        ),
        // SQLite tells a full or read-only disk by any of these, after which of its files met it.
        Some(code @ (READONLY | IOERR | CANTOPEN)) => unwritable(path, code),
        Some(CORRUPT) => damaged(path),
        Some(NOTADB) => format!(
            "failed to open the database file {file}: it is not a SQLite database; \
             give another path, or move the file away to start with an empty database"
        ),
        Some(FULL) => full(path),
        _ => format!("failed to open the database file {file}: {error}"),
    };
    StartError::with_source(message, error)
}

/// A failure to bring the schema of the file at `path` up to date.
pub(super) fn at_migration(path: &Path, error: MigrateError) -> StartError {
    match error {
        MigrateError::VersionMissing(version) | MigrateError::VersionTooNew(version, _) => {
            StartError::with_source(
                format!(
                    "failed to open the database file {}: its schema has version {version}, which \
                     is newer than this program; use the version of permissions-server that wrote it",
                    path.display()
                ),
                error,
            )
        }
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => {
            at_start(path, error)
        }
        error => StartError::with_source(
            format!(
                "failed to bring the schema of the database file {} up to date: {error}",
                path.display()
            ),
            error,
        ),
    }
}

/// The text for a file that takes no writes.
pub(super) fn read_only(path: &Path) -> String {
    format!(
        "failed to open the database file {} for writing: it is read-only; \
         make it and its folder writable, or give another path",
        path.display()
    )
}

/// The text for a file that SQLite failed to write, or to write beside, with the result `code`.
fn unwritable(path: &Path, code: i32) -> String {
    let file = path.display();
    match probe(path).map_err(|error| error.kind()) {
        Err(ErrorKind::StorageFull | ErrorKind::QuotaExceeded) => full(path),
        Err(ErrorKind::ReadOnlyFilesystem) => format!(
            "failed to open the database file {file} for writing: its file system is read-only; \
             mount it writable, or give a path on another disk"
        ),
        _ if code == READONLY => read_only(path),
        Err(ErrorKind::PermissionDenied) => format!(
            "failed to open the database file {file}: you may not create files in its folder; \
             make the folder writable, or give another path"
        ),
        _ if code == IOERR => format!(
            "failed to open the database file {file}: the disk reported an error; \
             check the disk and that its file system supports locks and shared memory"
        ),
        _ => format!(
            "failed to open the database file {file}: it cannot be opened or created; \
             check that its folder exists and that you may write there"
        ),
    }
}

/// Writes a file beside the one at `path`, as SQLite does, and takes it away again.
fn probe(path: &Path) -> io::Result<()> {
    let mut name = path.as_os_str().to_owned();
    name.push(format!("-probe-{}", std::process::id()));
    let mut file = File::create_new(&name)?;
    let written = file
        .write_all(&vec![0; PROBE_BYTES])
        .and_then(|()| file.sync_all());
    drop(file);
    let removed = fs::remove_file(&name);
    written.and(removed)
}

fn full(path: &Path) -> String {
    format!(
        "failed to write to the database file {}: the disk is full; \
         free some space or give a path on another disk",
        path.display()
    )
}

/// The text for a file whose content is broken.
pub(super) fn damaged(path: &Path) -> String {
    format!(
        "failed to open the database file {}: it is damaged; restore it from a backup, or move it \
         away to start with an empty database",
        path.display()
    )
}

/// An error of SQLite, through either of the libraries that speak to it.
pub(super) trait Coded: std::error::Error + Send + Sync {
    /// The primary result code, if SQLite gave one.
    fn code(&self) -> Option<i32>;
}

impl Coded for rusqlite::Error {
    fn code(&self) -> Option<i32> {
        Some(self.sqlite_error()?.extended_code & 0xff)
    }
}

impl Coded for sqlx::Error {
    fn code(&self) -> Option<i32> {
        let extended: i32 = self.as_database_error()?.code()?.parse().ok()?;
        Some(extended & 0xff)
    }
}
