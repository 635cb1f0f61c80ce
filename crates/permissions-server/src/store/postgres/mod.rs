//! PostgreSQL, which several servers may share.
//!
//! If a connection is lost, the store connects to the host that accepts writes and repeats the operation. A delete whose
//! result is unknown is not repeated.
//!
//! Statements are unnamed and settings apply to one transaction, so the store works behind PgBouncer in transaction mode.

mod connect;
mod errors;
mod operations;
mod pool;
mod tls;

use std::time::{Duration, Instant};

use secrecy::SecretString;
use tokio::time::sleep;
use tokio_postgres::types::Type;

use super::schema::{self, Migration};
use super::{Creation, Deletion, PageQuery, PageResult, Permission, StoreError, StoreErrorKind};
use crate::error::StartError;
use crate::id::IdSource;
use connect::Hosts;
use pool::Pool;

/// How long a request is retried while no host accepts writes.
const RETRY_TIME: Duration = Duration::from_secs(20);
/// The pause between two attempts.
const RETRY_PAUSE: Duration = Duration::from_millis(100);
/// Key of the advisory lock around migrations ("ckpm").
const MIGRATION_LOCK: i64 = 0x636b_706d;

const MIGRATIONS: &[Migration] = &[Migration {
    version: 1,
    description: "permissions",
    sql: include_str!("../../../migrations/postgres/0001_permissions.sql"),
}];

/// A pool of connections to the host that accepts writes.
#[derive(Debug)]
pub(crate) struct PostgresStore {
    pool: Pool,
    ids: IdSource,
}

impl PostgresStore {
    pub(crate) async fn open(url: &SecretString, ids: IdSource) -> Result<Self, StartError> {
        let pool = Pool::new(Hosts::parse(url)?);
        match migrate(&pool).await {
            Ok(Ok(())) => Ok(Self { pool, ids }),
            Ok(Err(newer)) => {
                let database = pool.hosts().to_string();
                Err(StartError::new(schema::newer(&database, newer)))
            }
            Err(error) => Err(StartError::new(format!(
                "failed to open the database {}: {error}",
                pool.hosts()
            ))),
        }
    }

    pub(crate) async fn list(
        &self,
        query: &PageQuery,
        mut each: impl FnMut(Permission<&str>) + Send,
    ) -> Result<PageResult, StoreError> {
        let mut retries = Retries::new(true);
        let rows = loop {
            match self.try_list(query).await {
                Ok(Some(rows)) => break rows,
                Ok(None) => return Ok(PageResult::UnknownCursor),
                Err(error) => retries.pause(error).await?,
            }
        };
        let limit = query.limit as usize;
        for row in rows.iter().take(limit) {
            each(operations::permission(row)?);
        }
        Ok(PageResult::Page {
            has_more: rows.len() > limit,
        })
    }

    pub(crate) async fn create(&self, creation: &Creation) -> Result<Vec<Permission>, StoreError> {
        let mut retries = Retries::new(true);
        loop {
            match self.try_create(creation).await {
                Ok(created) => return Ok(created),
                Err(error) => retries.pause(error).await?,
            }
        }
    }

    pub(crate) async fn delete(&self, deletion: &Deletion) -> Result<bool, StoreError> {
        // A repeated delete would not find the permission that the first attempt has deleted.
        let mut retries = Retries::new(false);
        loop {
            match self.try_delete(deletion).await {
                Ok(deleted) => return Ok(deleted),
                Err(error) => retries.pause(error).await?,
            }
        }
    }

    pub(crate) async fn ping(&self) -> Result<(), StoreError> {
        let client = self.pool.get().await?;
        client.batch_execute("SELECT 1").await?;
        client.release();
        Ok(())
    }

    async fn try_list(
        &self,
        query: &PageQuery,
    ) -> Result<Option<Vec<tokio_postgres::Row>>, StoreError> {
        let client = self.pool.get().await?;
        let rows = operations::list(&client, query).await?;
        client.release();
        Ok(rows)
    }

    async fn try_create(&self, creation: &Creation) -> Result<Vec<Permission>, StoreError> {
        let client = self.pool.get().await?;
        let created = operations::create(&client, creation, self.ids).await?;
        client.release();
        Ok(created)
    }

    async fn try_delete(&self, deletion: &Deletion) -> Result<bool, StoreError> {
        let client = self.pool.get().await?;
        let deleted = operations::delete(&client, deletion).await?;
        client.release();
        Ok(deleted)
    }
}

/// Decides whether an operation is repeated.
struct Retries {
    start: Instant,
    /// Whether repeating the operation has the same effect and result as doing it once.
    idempotent: bool,
}

impl Retries {
    fn new(idempotent: bool) -> Self {
        Self {
            start: Instant::now(),
            idempotent,
        }
    }

    /// Waits before the next attempt. Fails with `error` if there is none.
    async fn pause(&mut self, error: StoreError) -> Result<(), StoreError> {
        let retryable = match error.kind {
            StoreErrorKind::Unreachable | StoreErrorKind::Conflict | StoreErrorKind::ReadOnly => {
                true
            }
            StoreErrorKind::ConnectionLost => self.idempotent,
            _ => false,
        };
        if !retryable || self.start.elapsed() >= RETRY_TIME {
            return Err(error);
        }
        tracing::warn!(%error, "retrying");
        sleep(RETRY_PAUSE).await;
        Ok(())
    }
}

/// Migrates the schema in one transaction. The inner error is the version of a schema that is newer than this program.
async fn migrate(pool: &Pool) -> Result<Result<(), i64>, StoreError> {
    let client = pool.get().await?;
    let version: String = client
        .query_typed_one("SELECT version()", &[])
        .await?
        .try_get(0)?;
    client.batch_execute("BEGIN").await?;
    // CockroachDB has no advisory locks.
    if !version.contains("CockroachDB") {
        let lock = "SELECT pg_advisory_xact_lock($1)";
        client
            .query_typed(lock, &[(&MIGRATION_LOCK, Type::INT8)])
            .await?;
    }
    let table: Option<String> = client
        .query_typed_one("SELECT to_regclass('_sqlx_migrations')::text", &[])
        .await?
        .try_get(0)?;
    if table.is_none() {
        client
            .batch_execute(
                "CREATE TABLE _sqlx_migrations (
                    version BIGINT PRIMARY KEY,
                    description TEXT NOT NULL,
                    installed_on TIMESTAMPTZ NOT NULL DEFAULT now(),
                    success BOOLEAN NOT NULL,
                    checksum BYTEA NOT NULL,
                    execution_time BIGINT NOT NULL
                )",
            )
            .await?;
    }
    let applied = client
        .query_typed_one(
            "SELECT coalesce(max(version), 0) FROM _sqlx_migrations",
            &[],
        )
        .await?
        .try_get(0)?;
    let pending = match schema::pending(MIGRATIONS, applied) {
        Ok(pending) => pending,
        Err(newer) => return Ok(Err(newer)),
    };
    for migration in pending {
        client.batch_execute(migration.sql).await?;
        client
            .execute_typed(
                "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
                 VALUES ($1, $2, TRUE, $3, 0)",
                &[
                    (&migration.version, Type::INT8),
                    (&migration.description, Type::TEXT),
                    (&migration.checksum(), Type::BYTEA),
                ],
            )
            .await?;
    }
    client.batch_execute("COMMIT").await?;
    client.release();
    Ok(Ok(()))
}
