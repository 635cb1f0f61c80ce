//! Open connections to one database, lent one at a time.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};

use rusqlite::Connection;

/// A place for a connection that several owners use in turn: empty once it is closed.
#[derive(Debug, Clone)]
pub(super) struct Slot(Arc<Mutex<Option<Connection>>>);

/// Connections that read. Memory has one, the writer's own: a second would see a second, empty
/// database.
#[derive(Debug, Clone)]
pub(super) struct Readers {
    slots: Arc<[Slot]>,
    next: Arc<AtomicUsize>,
}

impl Slot {
    pub(super) fn new(connection: Connection) -> Self {
        Self(Arc::new(Mutex::new(Some(connection))))
    }

    /// Does `work` on the connection once whoever has it is done; `None` if it is closed.
    pub(super) fn with<T>(&self, work: impl FnOnce(&mut Connection) -> T) -> Option<T> {
        let mut connection = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        connection.as_mut().map(work)
    }

    /// Closes the connection once whoever has it is done.
    pub(super) fn close(&self) {
        let connection = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(connection) = connection
            && let Err((_, error)) = connection.close()
        {
            tracing::warn!(%error, "failed to close the database");
        }
    }

    fn if_free(&self) -> Option<MutexGuard<'_, Option<Connection>>> {
        match self.0.try_lock() {
            Ok(connection) => Some(connection),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }
}

impl Readers {
    pub(super) fn new(slots: impl IntoIterator<Item = Slot>) -> Self {
        Self {
            slots: slots.into_iter().collect(),
            next: Arc::default(),
        }
    }

    /// Does `work` on the first connection that is free; if none is, waits for one of them in turn.
    /// `None` if they are closed.
    pub(super) fn with<T>(&self, work: impl FnOnce(&mut Connection) -> T) -> Option<T> {
        if let Some(mut free) = self.slots.iter().find_map(Slot::if_free) {
            return free.as_mut().map(work);
        }
        let turn = self.next.fetch_add(1, Ordering::Relaxed) % self.slots.len().max(1);
        self.slots.get(turn)?.with(work)
    }

    /// Closes each as soon as it is free.
    pub(super) fn close(&self) {
        for slot in self.slots.iter() {
            slot.close();
        }
    }
}
