//! Tables of any size, and the limit that durable writes are measured by.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use permissions_server::{Database, Server};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{Connection as _, SqliteConnection};

pub(crate) const CHECKPOINT: &str = "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd";

/// Ids do not follow the order of rows: real ones are random, so their index is met all over.
const SCATTER: u64 = 7_919_317;
/// A prime beyond any number of rows, so that no two rows get one id.
const SCATTER_MODULUS: u64 = 1_000_000_007;

/// The id of the permission in this row, counted from 1.
pub(crate) fn id(row: u64) -> String {
    format!("cp_{:024}", row * SCATTER % SCATTER_MODULUS)
}

/// The project of the permission in this row.
pub(crate) fn project(row: u64) -> String {
    format!("proj_{row:024}")
}

/// A database file of the server with `rows` permissions of one checkpoint, made unless `folder` has
/// it from an earlier run.
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
    runtime()?.block_on(async {
        let database = Database::sqlite_file(file);
        Server::builder()
            .database(database)
            .start()
            .await?
            .shutdown()
            .await;
        let mut connection = connect(file, SqliteSynchronous::Off).await?;
        let rows = i64::try_from(rows)?;
        // The index of scattered ids in memory while it grows, 2 GiB at most.
        sqlx::query("PRAGMA cache_size = -2000000")
            .execute(&mut connection)
            .await?;
        sqlx::query("INSERT INTO checkpoints (key, name, next_position) VALUES (1, ?1, ?2)")
            .bind(CHECKPOINT)
            .bind(rows + 1)
            .execute(&mut connection)
            .await?;
        sqlx::query(
            "WITH RECURSIVE row (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM row WHERE n < ?1)
             INSERT INTO permissions (place, id, project_id, created_at)
             SELECT (1 << 36) + n, printf('cp_%024d', n * ?2 % ?3), printf('proj_%024d', n), 1721764800 FROM row",
        )
        .bind(rows)
        .bind(i64::try_from(SCATTER)?)
        .bind(i64::try_from(SCATTER_MODULUS)?)
        .execute(&mut connection)
        .await
        .context("failed to fill the table")?;
        connection.close().await?;
        Ok(())
    })
}

/// The time for `count` transactions of one row each, with the durability that the server has.
pub(crate) fn bare_transactions(file: &Path, count: usize) -> anyhow::Result<Duration> {
    runtime()?.block_on(async {
        let mut connection = connect(file, SqliteSynchronous::Full).await?;
        sqlx::query("CREATE TABLE t (id TEXT PRIMARY KEY, n INTEGER)")
            .execute(&mut connection)
            .await?;
        let start = Instant::now();
        for n in 0..count {
            sqlx::query("INSERT INTO t VALUES (?1, ?2)")
                .bind(id(n as u64))
                .bind(n as i64)
                .execute(&mut connection)
                .await?;
        }
        let took = start.elapsed();
        connection.close().await?;
        Ok(took)
    })
}

async fn connect(file: &Path, synchronous: SqliteSynchronous) -> anyhow::Result<SqliteConnection> {
    let options = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(synchronous);
    Ok(SqliteConnection::connect_with(&options).await?)
}

fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?)
}
