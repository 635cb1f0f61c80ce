//! The limit of open connections.
//!
//! If the limit is reached, a new connection evicts the one that has been idle longest. Connections that send their
//! bodies slowly cannot use up the limit: some slots are reserved for other requests.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use parking_lot::Mutex;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

/// Maximum number of reserved slots.
const MAX_RESERVED: usize = 64;

/// The slots for open connections.
#[derive(Debug, Clone)]
pub(crate) struct Connections {
    slots: Arc<Semaphore>,
    /// The number of free and used slots.
    total: usize,
    /// Permits to receive a body. There are fewer permits than slots, so that bodies cannot occupy every slot.
    bodies: Arc<Semaphore>,
    idle: Arc<Mutex<Idle>>,
}

/// Idle connections, the longest idle first.
#[derive(Debug, Default)]
struct Idle {
    next: u64,
    evictions: BTreeMap<u64, Arc<Notify>>,
}

/// A slot of [`Connections`], which one connection holds while it is open.
#[derive(Debug)]
pub(crate) struct Slot {
    connections: Connections,
    evict: Arc<Notify>,
    /// The key in `Idle::evictions` while the connection is idle.
    idle_key: Mutex<Option<u64>>,
    /// Whether a part of the next request has been read.
    pub(crate) request_started: AtomicBool,
    /// Whether the next response closes the connection.
    pub(crate) closing: AtomicBool,
    _permit: OwnedSemaphorePermit,
}

/// A request whose body is being received.
#[derive(Debug)]
pub(crate) struct ReceivingBody {
    slot: Arc<Slot>,
    permit: Option<OwnedSemaphorePermit>,
}

impl Connections {
    pub(crate) fn new(limit: usize) -> Self {
        let limit = limit.clamp(1, Semaphore::MAX_PERMITS / 2);
        let reserved = (limit / 8).clamp(1, MAX_RESERVED);
        Self {
            slots: Arc::new(Semaphore::new(limit + reserved)),
            total: limit + reserved,
            bodies: Arc::new(Semaphore::new(limit)),
            idle: Arc::default(),
        }
    }

    /// Returns the number of open connections.
    pub(crate) fn open(&self) -> usize {
        self.total - self.slots.available_permits()
    }

    /// Returns a slot, evicting an idle connection if none is free. Waits if none is idle.
    pub(crate) async fn acquire(&self) -> Slot {
        let slots = Arc::clone(&self.slots);
        if slots.available_permits() == 0 {
            self.evict_idle();
        }
        let Ok(permit) = slots.acquire_owned().await else {
            unreachable!("the semaphore is never closed")
        };
        let slot = Slot {
            connections: self.clone(),
            evict: Arc::default(),
            idle_key: Mutex::new(None),
            request_started: AtomicBool::new(false),
            closing: AtomicBool::new(false),
            _permit: permit,
        };
        slot.set_idle();
        slot
    }

    /// Evicts the connection that has been idle longest.
    pub(crate) fn evict_idle(&self) {
        if let Some((_, evict)) = self.idle.lock().evictions.pop_first() {
            evict.notify_one();
        }
    }
}

impl Slot {
    /// Marks the connection as idle, which allows its eviction.
    pub(crate) fn set_idle(&self) {
        self.set_busy();
        let mut idle = self.connections.idle.lock();
        let key = idle.next;
        idle.next += 1;
        idle.evictions.insert(key, Arc::clone(&self.evict));
        drop(idle);
        *self.idle_key.lock() = Some(key);
    }

    /// Marks the connection as busy, which prevents its eviction.
    pub(crate) fn set_busy(&self) {
        if let Some(key) = self.idle_key.lock().take() {
            self.connections.idle.lock().evictions.remove(&key);
        }
    }

    pub(crate) fn is_idle(&self) -> bool {
        self.idle_key.lock().is_some()
    }

    /// Waits until the connection is evicted.
    pub(crate) async fn evicted(&self) {
        self.evict.notified().await;
    }

    /// Starts to receive a body. If too many connections receive bodies, this one may be evicted before its body is
    /// complete.
    pub(crate) fn receive_body(self: &Arc<Self>) -> ReceivingBody {
        let permit = Arc::clone(&self.connections.bodies)
            .try_acquire_owned()
            .ok();
        if permit.is_none() {
            self.set_idle();
        }
        ReceivingBody {
            slot: Arc::clone(self),
            permit,
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.set_busy();
    }
}

impl Drop for ReceivingBody {
    fn drop(&mut self) {
        if self.permit.is_none() {
            self.slot.set_busy();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn full_connections_evict_the_longest_idle() {
        // One slot is reserved.
        let connections = Connections::new(1);
        let busy = connections.acquire().await;
        busy.set_busy();
        let idle = connections.acquire().await;

        let third = tokio::spawn({
            let connections = connections.clone();
            async move { connections.acquire().await }
        });
        idle.evicted().await;
        drop(idle);

        third.await.expect("a slot");
        assert!(!busy.is_idle());
    }

    #[tokio::test]
    async fn connection_with_excess_body_can_be_evicted() {
        let connections = Connections::new(1);
        let first = Arc::new(connections.acquire().await);
        let second = Arc::new(connections.acquire().await);
        first.set_busy();
        second.set_busy();

        let within = first.receive_body();
        let beyond = second.receive_body();

        assert!(!first.is_idle() && second.is_idle());
        drop((within, beyond));
        assert!(!second.is_idle());
    }
}
