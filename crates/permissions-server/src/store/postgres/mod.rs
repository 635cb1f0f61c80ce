//! PostgreSQL, which several servers may share.
//!
//! If a connection is lost, the store connects to the host that accepts writes and repeats the operation. A delete whose
//! result is unknown is not repeated.
//!
//! Statements are unnamed and settings apply to one transaction, so the store works behind PgBouncer in transaction mode.

mod connect;
mod errors;
pub(super) mod operations;
mod tls;

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use secrecy::SecretString;
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tokio_postgres::Client;
use tokio_postgres::types::Type;

use super::{StoreError, StoreErrorKind, schema};
use crate::error::StartError;
use connect::Hosts;

/// Maximum number of connections of one server. All servers of a database share the connections that PostgreSQL allows,
/// which are 100 by default.
const CONNECTIONS: usize = 16;
/// How long a request waits for a connection if all connections are in use.
const WAIT: Duration = Duration::from_secs(2);
/// How long a request is retried while no host accepts writes.
const RETRY_TIME: Duration = Duration::from_secs(20);
/// The pause between two attempts.
const RETRY_PAUSE: Duration = Duration::from_millis(100);
/// Key of the advisory lock around migrations ("ckpm").
const MIGRATION_LOCK: i64 = 0x636b_706d;

/// The SQL of each version of the schema.
const MIGRATIONS: schema::Statements = [
    include_str!("../../../migrations/postgres/0001_permissions.sql"),
    include_str!("../../../migrations/postgres/0002_projects.sql"),
];

/// A pool of connections to the host that accepts writes.
///
/// A connection returns to the pool only after an operation has succeeded. A failed or cancelled operation closes its
/// connection, which also rolls back an open transaction.
pub(crate) struct PostgresStore {
    hosts: Hosts,
    idle: Mutex<Vec<Arc<Client>>>,
    permits: Semaphore,
}

impl PostgresStore {
    pub(super) async fn open(url: &SecretString) -> Result<Self, StartError> {
        let store = Self {
            hosts: Hosts::parse(url)?,
            idle: Mutex::default(),
            permits: Semaphore::new(CONNECTIONS),
        };
        match store.attempt(migrate).await {
            Ok(()) => Ok(store),
            Err(error) => Err(StartError::new(format!(
                "failed to open the database {}: {error}",
                store.hosts
            ))),
        }
    }

    /// Runs an operation and repeats it if it failed without changing the database. If the connection was lost and the effect
    /// is unknown, only an idempotent operation is repeated.
    pub(super) async fn run<T, F: Future<Output = Result<T, StoreError>>>(
        &self,
        idempotent: bool,
        operation: impl Fn(Arc<Client>) -> F,
    ) -> Result<T, StoreError> {
        let start = Instant::now();
        loop {
            let error = match self.attempt(&operation).await {
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

    /// Runs an operation once, with an idle connection or a new one.
    pub(super) async fn attempt<T, F: Future<Output = Result<T, StoreError>>>(
        &self,
        operation: impl FnOnce(Arc<Client>) -> F,
    ) -> Result<T, StoreError> {
        let Ok(_permit) = timeout(WAIT, self.permits.acquire()).await else {
            let message = format!("all {CONNECTIONS} connections to PostgreSQL are in use");
            return Err(StoreError::new(StoreErrorKind::Unreachable, message));
        };
        let idle = {
            let mut idle = self.idle.lock();
            idle.retain(|client| !client.is_closed());
            idle.pop()
        };
        let client = match idle {
            Some(client) => client,
            None => Arc::new(self.hosts.connect().await?),
        };
        let output = operation(Arc::clone(&client)).await?;
        self.idle.lock().push(client);
        Ok(output)
    }
}

/// Checks that the database responds.
pub(super) async fn ping(client: Arc<Client>) -> Result<(), StoreError> {
    Ok(client.batch_execute("SELECT 1").await?)
}

/// Migrates the schema in one transaction.
async fn migrate(client: Arc<Client>) -> Result<(), StoreError> {
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
    client
        .batch_execute(
            "CREATE TABLE IF NOT EXISTS _sqlx_migrations (
                version BIGINT PRIMARY KEY,
                description TEXT NOT NULL,
                installed_on TIMESTAMPTZ NOT NULL DEFAULT now(),
                success BOOLEAN NOT NULL,
                checksum BYTEA NOT NULL,
                execution_time BIGINT NOT NULL
            )",
        )
        .await?;
    let applied = client
        .query_typed_one(schema::APPLIED, &[])
        .await?
        .try_get(0)?;
    let pending = schema::pending(MIGRATIONS, applied)
        .map_err(|reason| StoreError::new(StoreErrorKind::Internal, reason))?;
    for migration in pending {
        client.batch_execute(migration.sql).await?;
        client
            .execute_typed(
                schema::RECORD,
                &[
                    (&migration.version, Type::INT8),
                    (&migration.description, Type::TEXT),
                    (&migration.checksum, Type::BYTEA),
                ],
            )
            .await?;
    }
    Ok(client.batch_execute("COMMIT").await?)
}
