//! Databases of any size, and plain SQLite transactions for comparison with creates.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use permissions_server::{Database, Server};
use rusqlite::{Connection, params};

pub(crate) const CHECKPOINT: &str = "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd";

/// Factor that spreads consecutive ids over the index, like random ids.
const SCATTER: u64 = 7_919_317;
/// A prime larger than any number of rows, so that ids are unique.
const SCATTER_MODULUS: u64 = 1_000_000_007;

/// Returns the id of the permission in a row. The first row is 1.
pub(crate) fn id(row: u64) -> String {
    format!("cp_{:024}", row * SCATTER % SCATTER_MODULUS)
}

/// Returns the project of the permission in a row.
pub(crate) fn project(row: u64) -> String {
    format!("proj_{row:024}")
}

/// Returns a database file with `rows` permissions of one checkpoint. Creates the file if an earlier run has not left it in
/// `folder`.
pub(crate) fn with_rows(folder: &Path, rows: u64) -> anyhow::Result<PathBuf> {
    let file = folder.join(format!("permissions-{rows}.db"));
    if !file.exists() {
        let unfinished = folder.join(format!("unfinished-{rows}.db"));
        let _ = std::fs::remove_file(&unfinished);
        fill(&unfinished, rows)?;
        std::fs::rename(&unfinished, &file)?;
    }
    Ok(file)
}

fn fill(file: &Path, rows: u64) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let builder = Server::builder().database(Database::sqlite_file(file));
        builder.start().await?.shutdown().await;
        anyhow::Ok(())
    })?;
    let connection = connect(file, "OFF")?;
    let rows = i64::try_from(rows)?;
    // 2 GiB, so that the index of scattered ids stays in memory while it grows.
    connection.pragma_update(None, "cache_size", -2_000_000)?;
    connection.execute(
        "INSERT INTO checkpoints (key, name, next_position) VALUES (1, ?1, ?2)",
        params![CHECKPOINT, rows + 1],
    )?;
    connection
        .execute(
            "WITH RECURSIVE row (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM row WHERE n < ?1)
             INSERT INTO permissions (place, id, project_id, created_at)
             SELECT (1 << 36) + n, printf('cp_%024d', n * ?2 % ?3), printf('proj_%024d', n), 1721764800 FROM row",
            params![rows, i64::try_from(SCATTER)?, i64::try_from(SCATTER_MODULUS)?],
        )
        .context("failed to fill the table")?;
    Ok(())
}

/// Returns the time of `count` transactions of one row each, with the durability settings of the server.
pub(crate) fn bare_transactions(file: &Path, count: usize) -> anyhow::Result<Duration> {
    let connection = connect(file, "FULL")?;
    connection.execute_batch("CREATE TABLE t (id TEXT PRIMARY KEY, n INTEGER)")?;
    let mut insert = connection.prepare("INSERT INTO t VALUES (?1, ?2)")?;
    let start = Instant::now();
    for n in 0..count {
        insert.execute(params![id(n as u64), n as i64])?;
    }
    Ok(start.elapsed())
}

/// Starts a binary of version 0.1 with `start`. The binary would refuse the newer schema of the file, so the record of the
/// newer schema is removed during the start.
pub(crate) fn with_old_schema<T>(
    file: &Path,
    start: impl FnOnce() -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let connection = connect(file, "OFF")?;
    connection.execute_batch(
        "CREATE TEMP TABLE newer AS SELECT * FROM _sqlx_migrations WHERE version > 1;
         DELETE FROM _sqlx_migrations WHERE version > 1",
    )?;
    let started = start();
    connection.execute_batch("INSERT INTO _sqlx_migrations SELECT * FROM newer")?;
    started
}

fn connect(file: &Path, synchronous: &str) -> anyhow::Result<Connection> {
    let connection = Connection::open(file)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", synchronous)?;
    Ok(connection)
}
