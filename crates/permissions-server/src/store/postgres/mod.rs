//! PostgreSQL, for several processes over one database.
//!
//! Every operation survives the loss of its connection: the store looks for the host that takes
//! writes and does it again, unless it is a delete whose fate is unknown.

mod errors;
mod hosts;
mod operations;

use std::sync::Arc;
use std::time::{Duration, Instant};

use secrecy::SecretString;
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::postgres::{PgConnection, PgPool, PgPoolOptions};
use sqlx::{SqlSafeStr, query_scalar};
use tokio::time::sleep;

use super::{Creation, Deletion, Listing, PageQuery, Permission, StoreError, StoredPermission};
use crate::error::StartError;
use crate::id::IdSource;
use errors::Meaning;
use hosts::Hosts;
use operations::{Create, Delete, List, Operation, Ping};

/// Connections to the database.
const CONNECTIONS: u32 = 16;
/// How long a request waits for a connection before the other hosts are asked.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(2);
/// How long a request is tried again while no host takes writes.
const PATIENCE: Duration = Duration::from_secs(20);
/// The pause between two looks at the hosts, and between two tries of a transaction that lost to
/// another one.
const PAUSE: Duration = Duration::from_millis(100);

/// A pool of connections to the host that takes writes.
#[derive(Clone)]
pub(crate) struct PostgresStore {
    pool: PgPool,
    hosts: Arc<Hosts>,
    ids: IdSource,
}

impl std::fmt::Debug for PostgresStore {
    // The pool's options hold the password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PostgresStore")
            .field("hosts", &self.hosts)
            .finish_non_exhaustive()
    }
}

impl PostgresStore {
    pub(crate) async fn open(url: &SecretString, ids: IdSource) -> Result<Self, StartError> {
        let hosts = Hosts::parse(url)?;
        let primary = hosts.primary().await?;
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .after_connect(|connection, _| Box::pin(promise_durability(connection)))
            .connect_lazy_with(primary);
        migrate(&pool, &hosts).await?;
        Ok(Self {
            pool,
            hosts: Arc::new(hosts),
            ids,
        })
    }

    pub(crate) async fn list(
        &self,
        query: &PageQuery,
        mut each: impl FnMut(Permission<'_>) + Send,
    ) -> Result<Listing, StoreError> {
        // Only once it has succeeded: an attempt may fail half-way and be made again.
        let Some(rows) = self.run(&List(query)).await? else {
            return Ok(Listing::UnknownCursor);
        };
        let limit = query.limit as usize;
        for row in rows.iter().take(limit) {
            each(operations::borrowed(row).map_err(|error| errors::at_run_time(&error))?);
        }
        Ok(Listing::Page {
            has_more: rows.len() > limit,
        })
    }

    pub(crate) async fn create(
        &self,
        creation: Creation,
    ) -> Result<Vec<StoredPermission>, StoreError> {
        self.run(&Create {
            creation: &creation,
            ids: self.ids,
        })
        .await
    }

    pub(crate) async fn delete(&self, deletion: Deletion) -> Result<bool, StoreError> {
        self.run(&Delete(&deletion)).await
    }

    pub(crate) async fn ping(&self) -> Result<(), StoreError> {
        self.run(&Ping).await
    }

    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }

    /// Does `operation`, again if its connection or its transaction is lost.
    async fn run<O: Operation>(&self, operation: &O) -> Result<O::Output, StoreError> {
        let start = Instant::now();
        loop {
            let (error, started) = match self.attempt(operation).await {
                Ok(output) => return Ok(output),
                Err(failure) => failure,
            };
            let again = start.elapsed() < PATIENCE
                && match errors::meaning(&error) {
                    // Nothing of it has happened.
                    Meaning::LostToAnother | Meaning::ReadOnlyHost => true,
                    Meaning::ConnectionLost => !started || O::REPEATABLE,
                    Meaning::Other => false,
                };
            if !again {
                return Err(errors::at_run_time(&error));
            }
            tracing::warn!(%error, "trying again");
            if errors::meaning(&error) != Meaning::LostToAnother {
                self.hosts.point_at_primary(&self.pool).await;
            }
            sleep(PAUSE).await;
        }
    }

    /// One try; an error tells whether the operation may have reached the database.
    async fn attempt<O: Operation>(&self, operation: &O) -> Result<O::Output, (sqlx::Error, bool)> {
        let mut connection = self.pool.acquire().await.map_err(|error| (error, false))?;
        match operation.run(&mut connection).await {
            Ok(output) => Ok(output),
            Err(error) => {
                if errors::meaning(&error) == Meaning::ReadOnlyHost {
                    // The host was demoted: its connections are of no more use. The error that
                    // closing may give is about a connection that is given up anyway.
                    let _ = connection.close().await;
                }
                Err((error, true))
            }
        }
    }
}

/// An administrator may have turned off what the server promises: that a commit is on disk.
async fn promise_durability(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query(
        "SELECT set_config('synchronous_commit', 'on', false)
         WHERE current_setting('synchronous_commit') = 'off'",
    )
    .execute(connection)
    .await
    .map(drop)
}

async fn migrate(pool: &PgPool, hosts: &Hosts) -> Result<(), StartError> {
    let version: String = query_scalar("SELECT version()")
        .fetch_one(pool)
        .await
        .map_err(|error| errors::at_start(hosts, error))?;
    let migrations = vec![Migration::new(
        1,
        "permissions".into(),
        MigrationType::Simple,
        include_str!("../../../migrations/postgres/0001_permissions.sql").into_sql_str(),
        false,
    )];
    let mut migrator = Migrator::with_migrations(migrations);
    // It has no advisory locks; there, start one process first.
    migrator.set_locking(!version.contains("CockroachDB"));
    migrator
        .run(pool)
        .await
        .map_err(|error| errors::at_migration(hosts, error))
}
