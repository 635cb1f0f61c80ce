use std::path::Path;

use rusqlite::{Connection, OpenFlags};

/// Maximum number of ids of each kind, because shells show at most a few hundred completions.
const MAX_IDS: u32 = 1_000;

/// Ids in a SQLite file of the server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoredIds {
    /// Ids of checkpoints, sorted.
    pub checkpoints: Vec<String>,
    /// Ids of projects with a permission, sorted.
    pub projects: Vec<String>,
}

/// Reads up to 1,000 checkpoint ids and up to 1,000 project ids from a SQLite file, without a server. Shell completion uses
/// them.
///
/// Returns `None` if the file is not a database of the server.
#[must_use]
pub fn stored_ids(file: &Path) -> Option<StoredIds> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags).ok()?;
    let read = |query: &str| -> rusqlite::Result<Vec<String>> {
        let mut statement = connection.prepare(query)?;
        statement.query_map([MAX_IDS], |row| row.get(0))?.collect()
    };
    Some(StoredIds {
        checkpoints: read("SELECT name FROM checkpoints ORDER BY name LIMIT ?").ok()?,
        projects: read("SELECT DISTINCT project_id FROM permissions ORDER BY project_id LIMIT ?")
            .ok()?,
    })
}
