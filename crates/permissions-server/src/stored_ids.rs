use std::path::Path;

use rusqlite::{Connection, OpenFlags};

/// A shell shows no more completions than this.
const MAX_IDS: u32 = 1_000;

/// Ids in a SQLite file of the server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoredIds {
    /// Checkpoints, in order.
    pub checkpoints: Vec<String>,
    /// Projects with a permission, in order.
    pub projects: Vec<String>,
}

/// Reads up to 1,000 checkpoints and projects of a SQLite file, without a server. For completion in a shell.
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
