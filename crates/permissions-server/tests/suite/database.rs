//! The database of a test.

use permissions_server::{Database, Server, ServerBuilder};
use tempfile::TempDir;

use crate::support::Endpoints;

/// An empty database, which is removed when this value is dropped.
pub struct TestDatabase {
    pub database: Database,
    /// The value of `--database`, unless the database is in memory.
    pub argument: Option<String>,
    /// Whether two server processes use the database, while a third server process for it is killed repeatedly.
    pub by_processes: bool,
    pub folder: Option<TempDir>,
}

impl TestDatabase {
    pub fn memory() -> Self {
        Self {
            database: Database::memory(),
            argument: None,
            by_processes: false,
            folder: None,
        }
    }

    pub fn file() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("permissions.db");
        Self {
            database: Database::sqlite_file(&file),
            argument: Some(file.display().to_string()),
            by_processes: false,
            folder: Some(folder),
        }
    }

    /// The value of `--database`.
    pub fn argument(&self) -> &str {
        self.argument.as_deref().expect("not in memory")
    }

    pub fn builder(&self) -> ServerBuilder {
        Server::builder().database(self.database.clone())
    }

    pub async fn server(&self) -> Server {
        self.builder().start().await.expect("a server")
    }

    /// Serves the database.
    pub async fn serve(&self) -> Box<dyn Endpoints> {
        #[cfg(not(test))]
        if self.by_processes {
            return Box::new(crate::processes::Processes::over(self.argument()));
        }
        Box::new(self.server().await)
    }
}
