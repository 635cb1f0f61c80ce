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
}

static THREADS: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    /// Which connection this thread asks for first: what it has read before is in the cache of its own
    /// processor, and other threads ask elsewhere.
    static HOME: usize = THREADS.fetch_add(1, Ordering::Relaxed);
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
        }
    }

    /// Does `work` on this thread's own connection, or on another that is free; if none is, waits for
    /// its own. `None` if they are closed.
    pub(super) fn with<T>(&self, work: impl FnOnce(&mut Connection) -> T) -> Option<T> {
        let home = HOME.with(|home| home % self.slots.len().max(1));
        let (others, own) = self.slots.split_at_checked(home)?;
        if let Some(mut free) = own.iter().chain(others).find_map(Slot::if_free) {
            return free.as_mut().map(work);
        }
        own.first()?.with(work)
    }

    /// Closes each as soon as it is free.
    pub(super) fn close(&self) {
        for slot in self.slots.iter() {
            slot.close();
        }
    }
}
