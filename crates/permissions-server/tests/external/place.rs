//! Where a test keeps its permissions: every test has a database of its own.

use std::sync::atomic::{AtomicU32, Ordering};

use permissions_server::{Database, Server, ServerBuilder};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use tempfile::TempDir;

use crate::postgres;
use crate::serving::{Serving, Two};

/// A kind of database.
#[derive(Debug, Clone, Copy)]
pub enum Backend {
    Memory,
    File,
    Postgres,
    /// PostgreSQL, served by two processes while a third is killed again and again.
    Processes,
}

/// An empty database; it goes away with this value.
pub struct Place {
    database: Database,
    argument: Option<String>,
    in_processes: bool,
    _folder: Option<TempDir>,
}

impl Place {
    /// `None`, with a word on stderr, where the machine has no PostgreSQL.
    pub async fn new(backend: Backend) -> Option<Self> {
        Some(match backend {
            Backend::Memory => Self {
                database: Database::memory(),
                argument: None,
                in_processes: false,
                _folder: None,
            },
            Backend::File => {
                let folder = tempfile::tempdir().expect("a folder");
                let file = folder.path().join("permissions.db");
                Self {
                    database: Database::sqlite_file(&file),
                    argument: Some(file.display().to_string()),
                    in_processes: false,
                    _folder: Some(folder),
                }
            }
            Backend::Postgres | Backend::Processes => {
                static NEXT: AtomicU32 = AtomicU32::new(0);
                let cluster = postgres::shared()?;
                let name = format!(
                    "test_{}_{}",
                    std::process::id(),
                    NEXT.fetch_add(1, Ordering::Relaxed)
                );
                let mut admin = PgConnection::connect(&cluster.url("postgres"))
                    .await
                    .expect("a connection");
                admin
                    .execute(AssertSqlSafe(format!("CREATE DATABASE {name}")))
                    .await
                    .expect("a database");
                Self {
                    database: Database::postgres(cluster.url(&name)),
                    argument: Some(cluster.url(&name)),
                    in_processes: matches!(backend, Backend::Processes),
                    _folder: None,
                }
            }
        })
    }

    /// What `--database` takes.
    pub fn argument(&self) -> &str {
        self.argument.as_deref().expect("not in memory")
    }

    pub fn builder(&self) -> ServerBuilder {
        Server::builder().database(self.database.clone())
    }

    /// Whatever serves this kind of database.
    pub async fn serving(&self) -> Serving {
        if self.in_processes {
            Serving::Two(Two::over(self.argument()))
        } else {
            Serving::One(self.server().await)
        }
    }

    pub async fn server(&self) -> Server {
        self.builder().start().await.expect("a server")
    }
}

/// Makes of each function a test over every kind of database.
macro_rules! over_every_database {
    ($($test:ident),* $(,)?) => {
        over_every_database!(memory Memory: $($test)*);
        over_every_database!(file File: $($test)*);
        over_every_database!(postgres Postgres: $($test)*);
        over_every_database!(processes Processes: $($test)*);
    };
    ($module:ident $backend:ident: $($test:ident)*) => {
        mod $module {
            use crate::place::{Backend, Place};
            $(
                #[tokio::test]
                async fn $test() {
                    if let Some(place) = Place::new(Backend::$backend).await {
                        super::$test(place).await;
                    }
                }
            )*
        }
    };
}
pub(crate) use over_every_database;
