//! How many connections there are, and which of them may go.
//!
//! Thousands of connections that say nothing must not keep out one that asks something. So when
//! all places are taken, the connection that has been idle longest gives up its own.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

/// All open connections.
#[derive(Debug, Clone)]
pub(super) struct Connections {
    places: Arc<Semaphore>,
    idle: Arc<Mutex<Idle>>,
}

/// Idle connections, the longest idle first.
#[derive(Debug, Default)]
struct Idle {
    next: u64,
    waiting: BTreeMap<u64, Arc<Notify>>,
}

/// One connection's place.
#[derive(Debug)]
pub(super) struct Place {
    idle: Arc<Mutex<Idle>>,
    close: Arc<Notify>,
    /// This connection's entry among the idle ones.
    entry: Mutex<Option<u64>>,
    _permit: OwnedSemaphorePermit,
}

impl Connections {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            places: Arc::new(Semaphore::new(limit.clamp(1, Semaphore::MAX_PERMITS))),
            idle: Arc::default(),
        }
    }

    /// A place for one more connection, if need be that of the one idle longest.
    pub(super) async fn place(&self) -> Place {
        let permit = match Arc::clone(&self.places).try_acquire_owned() {
            Ok(permit) => Some(permit),
            Err(_) => {
                if let Some((_, longest)) = lock(&self.idle).waiting.pop_first() {
                    longest.notify_one();
                }
                Arc::clone(&self.places).acquire_owned().await.ok()
            }
        };
        let Some(permit) = permit else {
            // The semaphore is never closed.
            return std::future::pending().await;
        };
        let place = Place {
            idle: Arc::clone(&self.idle),
            close: Arc::default(),
            entry: Mutex::new(None),
            _permit: permit,
        };
        place.rest();
        place
    }
}

impl Place {
    /// The connection waits for a request.
    pub(super) fn rest(&self) {
        self.work();
        let mut idle = lock(&self.idle);
        let entry = idle.next;
        idle.next += 1;
        idle.waiting.insert(entry, Arc::clone(&self.close));
        drop(idle);
        *lock(&self.entry) = Some(entry);
    }

    /// The connection has a request.
    pub(super) fn work(&self) {
        let entry = lock(&self.entry).take();
        if let Some(entry) = entry {
            lock(&self.idle).waiting.remove(&entry);
        }
    }

    /// Whether the connection waits for a request.
    pub(super) fn is_idle(&self) -> bool {
        lock(&self.entry).is_some()
    }

    /// Completes when the connection has to give up its place.
    pub(super) async fn wanted(&self) {
        self.close.notified().await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.work();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_connection_idle_longest_gives_up_its_place() {
        let connections = Connections::new(2);
        let busy = connections.place().await;
        busy.work();
        let idle = connections.place().await;

        let third = tokio::spawn({
            let connections = connections.clone();
            async move { connections.place().await }
        });
        idle.wanted().await;
        drop(idle);

        third.await.expect("a place");
        assert!(lock(&busy.entry).is_none());
    }
}
