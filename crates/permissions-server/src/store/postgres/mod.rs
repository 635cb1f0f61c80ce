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

use std::sync::Arc;
use std::time::{Duration, Instant};

use secrecy::SecretString;
use tokio::time::sleep;
use tokio_postgres::Client;
use tokio_postgres::types::Type;

use super::schema::{self, Migration};
use super::{
    Creation, Deletion, PageQuery, PageResult, Permission, Project, ProjectQuery, StoreError,
    StoreErrorKind,
};
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

const MIGRATIONS: &[Migration] = &[
    Migration {
        version: 1,
        description: "permissions",
        sql: include_str!("../../../migrations/postgres/0001_permissions.sql"),
    },
    Migration {
        version: 2,
        description: "projects",
        sql: include_str!("../../../migrations/postgres/0002_projects.sql"),
    },
];

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
        let list = |client: Arc<Client>| async move { operations::list(&client, query).await };
        let Some(rows) = self.run(true, list).await? else {
            return Ok(PageResult::UnknownCursor);
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
        let ids = self.ids;
        let create =
            |client: Arc<Client>| async move { operations::create(&client, creation, ids).await };
        self.run(true, create).await
    }

    pub(crate) async fn delete(&self, deletion: &Deletion) -> Result<bool, StoreError> {
        let delete =
            |client: Arc<Client>| async move { operations::delete(&client, deletion).await };
        // A delete is not retried: if the first attempt had an effect, a second one would respond with 404.
        self.run(false, delete).await
    }

    pub(crate) async fn projects(
        &self,
        query: &ProjectQuery,
    ) -> Result<Option<Vec<Project>>, StoreError> {
        let projects =
            |client: Arc<Client>| async move { operations::projects(&client, query).await };
        self.run(true, projects).await
    }

    pub(crate) async fn put_projects(&self, projects: &[Project]) -> Result<(), StoreError> {
        let put =
            |client: Arc<Client>| async move { operations::put_projects(&client, projects).await };
        self.run(true, put).await
    }

    pub(crate) async fn ping(&self) -> Result<(), StoreError> {
        let client = self.pool.get().await?;
        client.batch_execute("SELECT 1").await?;
        client.release();
        Ok(())
    }

    /// Runs an operation and repeats it after failures without an effect. After a lost connection, which leaves the effect
    /// unknown, only an idempotent operation is repeated.
    async fn run<T, F>(
        &self,
        idempotent: bool,
        operation: impl Fn(Arc<Client>) -> F,
    ) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, StoreError>>,
    {
        let start = Instant::now();
        loop {
            let attempt = async {
                let client = self.pool.get().await?;
                let output = operation(Arc::clone(&client)).await?;
                client.release();
                Ok::<_, StoreError>(output)
            };
            let error = match attempt.await {
                Ok(output) => return Ok(output),
                Err(error) => error,
            };
            let retryable = match error.kind {
                StoreErrorKind::Unreachable
                | StoreErrorKind::Conflict
                | StoreErrorKind::ReadOnly => true,
                StoreErrorKind::ConnectionLost => idempotent,
                _ => false,
            };
            if !retryable || start.elapsed() >= RETRY_TIME {
                return Err(error);
            }
            tracing::warn!(%error, "retrying");
            sleep(RETRY_PAUSE).await;
        }
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
