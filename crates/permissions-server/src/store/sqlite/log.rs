use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::Connection;

use super::{BUSY_TIMEOUT, errors};
use crate::store::{StoreError, StoreErrorKind};

/// Size at which the write-ahead log must be truncated before the next write. If the database is larger than this, the
/// size of the database is the limit instead.
const MAX_LOG_BYTES: u64 = 64 << 20;
/// How long a truncation of the log waits for readers.
const TRUNCATE_TIMEOUT: Duration = Duration::from_millis(500);

/// The write-ahead log. SQLite can reuse or truncate the log only while no transaction reads from it.
#[derive(Debug)]
pub(super) struct Log {
    database: PathBuf,
    log: PathBuf,
}

impl Log {
    pub(super) fn new(database: &Path) -> Self {
        let mut log = database.as_os_str().to_owned();
        log.push("-wal");
        Self {
            database: database.to_owned(),
            log: log.into(),
        }
    }

    /// Truncates a log that has reached its limit. Fails if a transaction of another process still reads from it.
    pub(super) fn limit(&self, connection: &Connection) -> Result<(), StoreError> {
        let bytes = |path: &Path| path.metadata().map_or(0, |metadata| metadata.len());
        let log = bytes(&self.log);
        if log < MAX_LOG_BYTES || log < bytes(&self.database) {
            return Ok(());
        }
        let truncate = || {
            connection.busy_timeout(TRUNCATE_TIMEOUT)?;
            let blocked = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| {
                row.get::<_, bool>(0)
            });
            connection.busy_timeout(BUSY_TIMEOUT)?;
            blocked
        };
        if truncate().map_err(errors::at_run_time)? {
            let message = format!(
                "the write-ahead log {} has {log} bytes, and a transaction of another process still reads from it; \
                 end that transaction",
                self.log.display()
            );
            return Err(StoreError::new(StoreErrorKind::LogFull, message));
        }
        Ok(())
    }
}
