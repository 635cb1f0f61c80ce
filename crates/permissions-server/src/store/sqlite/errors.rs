//! Messages for SQLite's result codes.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::Path;

use rusqlite::ErrorCode;

use crate::error::StartError;
use crate::store::{StoreError, StoreErrorKind};

/// Size of the file that [`probe`] writes. It is larger than the 32 KiB that SQLite frees after a failed start, because
/// a smaller file would fit on the full disk.
const PROBE_BYTES: usize = 128 << 10;

/// Converts an error of a read or a write.
pub(super) fn at_run_time(error: rusqlite::Error) -> StoreError {
    use ErrorCode::{
        CannotOpen, DatabaseBusy, DatabaseCorrupt, DatabaseLocked, DiskFull, NotADatabase, ReadOnly,
    };
    let kind = match error.sqlite_error_code() {
        Some(DatabaseBusy | DatabaseLocked | CannotOpen) => StoreErrorKind::Unavailable,
        Some(DiskFull) => StoreErrorKind::Full,
        Some(ReadOnly) => StoreErrorKind::ReadOnly,
        Some(DatabaseCorrupt | NotADatabase) => StoreErrorKind::Damaged,
        _ => StoreErrorKind::Internal,
    };
    StoreError::new(kind, format!("SQLite: {error}"))
}

/// Whether another process holds a lock on the database.
pub(super) fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
    )
}

/// Converts an error of opening the file at `path`.
pub(super) fn at_start(path: &Path, error: rusqlite::Error) -> StartError {
    let reason = match error.sqlite_error_code() {
        _ if is_busy(&error) => {
            "another process holds a lock on the file; stop that process or wait until it has finished".to_owned()
        }
        // SQLite reports a full or read-only disk with any of these codes, depending on which of its files is affected.
        Some(ErrorCode::ReadOnly | ErrorCode::SystemIoFailure | ErrorCode::CannotOpen) => {
            disk_reason(path, &error)
        }
        Some(ErrorCode::DatabaseCorrupt) => DAMAGED.to_owned(),
        Some(ErrorCode::NotADatabase) => {
            "the file is not a SQLite database; use another path, or move the file away to start with an empty database"
                .to_owned()
        }
        Some(ErrorCode::DiskFull) => FULL.to_owned(),
        _ => error.to_string(),
    };
    cannot_open(path, &reason).caused_by(error)
}

pub(super) const DAMAGED: &str =
    "the file is damaged; restore a backup, or move the file away to start with an empty database";
pub(super) const READ_ONLY: &str =
    "the file is read-only; make the file and its folder writable, or use another path";
const FULL: &str = "the disk is full; free some space or use a path on another disk";

/// The error for a file that cannot be opened.
pub(super) fn cannot_open(path: &Path, reason: &str) -> StartError {
    StartError::new(format!(
        "failed to open the database file {}: {reason}",
        path.display()
    ))
}

/// Returns the reason why SQLite failed to write to the folder of `path`.
fn disk_reason(path: &Path, error: &rusqlite::Error) -> String {
    let code = error.sqlite_error_code();
    let reason = match probe(path).map_err(|error| error.kind()) {
        Err(ErrorKind::StorageFull | ErrorKind::QuotaExceeded) => FULL,
        Err(ErrorKind::ReadOnlyFilesystem) => {
            "the file system is read-only; mount it writable, or use a path on another disk"
        }
        _ if code == Some(ErrorCode::ReadOnly) => READ_ONLY,
        Err(ErrorKind::PermissionDenied) => {
            "you may not create files in the folder; make the folder writable, or use another path"
        }
        _ if code == Some(ErrorCode::SystemIoFailure) => {
            "the disk reported an error; check the disk and that its file system supports locks and shared memory"
        }
        _ => {
            "the file cannot be opened or created; check that its folder exists and that you may write to it"
        }
    };
    reason.to_owned()
}

/// Writes a file beside `path`, as SQLite does, and removes it.
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
