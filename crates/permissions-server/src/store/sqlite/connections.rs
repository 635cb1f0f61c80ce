//! A few open connections, lent one at a time.
//!
//! sqlx's own pool asks a connection whether it lives on every return, which here is a second trip
//! to its thread; a connection to a file does not die.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection, SqliteConnection};
use tokio::sync::{Mutex, MutexGuard};

/// A place of a connection: empty once it is closed.
type Slot = Mutex<Option<SqliteConnection>>;

/// Connections to one database.
#[derive(Debug, Clone)]
pub(super) struct Connections {
    slots: Arc<[Slot]>,
    next: Arc<AtomicUsize>,
}

/// A connection on loan, until it is dropped: also in the middle of a statement, for whatever comes
/// next on it waits for that statement's end.
#[derive(Debug)]
pub(super) struct Loan<'a>(MutexGuard<'a, Option<SqliteConnection>>);

impl Connections {
    /// Opens `count` of them.
    pub(super) async fn open(
        options: &SqliteConnectOptions,
        count: usize,
    ) -> Result<Self, sqlx::Error> {
        let mut slots = Vec::with_capacity(count);
        for _ in 0..count {
            let connection = SqliteConnection::connect_with(options).await?;
            slots.push(Mutex::new(Some(connection)));
        }
        Ok(Self {
            slots: slots.into(),
            next: Arc::default(),
        })
    }

    /// Lends the first that is free; if none is, waits for one of them in turn.
    pub(super) async fn lend(&self) -> Loan<'_> {
        for slot in self.slots.iter() {
            if let Ok(slot) = slot.try_lock() {
                return Loan(slot);
            }
        }
        let turn = self.next.fetch_add(1, Ordering::Relaxed) % self.slots.len();
        Loan(self.slots[turn].lock().await)
    }

    /// Waits until each is back and closes it.
    pub(super) async fn close(&self) {
        for slot in self.slots.iter() {
            if let Some(connection) = slot.lock().await.take()
                && let Err(error) = connection.close().await
            {
                tracing::warn!(%error, "failed to close the database");
            }
        }
    }
}

impl Loan<'_> {
    /// The connection.
    ///
    /// # Errors
    ///
    /// If it is closed.
    pub(super) fn connection(&mut self) -> Result<&mut SqliteConnection, sqlx::Error> {
        self.0.as_mut().ok_or(sqlx::Error::PoolClosed)
    }
}
