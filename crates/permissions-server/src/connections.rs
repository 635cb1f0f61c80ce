//! The limit of open connections.
//!
//! If the limit is reached, a new connection evicts the connection that has been idle longest. Connections that send
//! their bodies slowly cannot use up the limit, because some slots are reserved for requests without a body.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::task::Poll;

use futures_util::FutureExt as _;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

/// Maximum number of reserved slots.
const MAX_RESERVED: usize = 64;

/// The slots for open connections.
#[derive(Debug, Clone)]
pub(crate) struct Connections {
    slots: Arc<Semaphore>,
    /// The total number of slots, free and used.
    total: usize,
    /// Permits to receive a body. There are fewer permits than slots, so that bodies cannot occupy every slot.
    bodies: Arc<Semaphore>,
    /// Evicts idle connections. Every idle connection waits for this `Notify`, which wakes the connection that has
    /// waited longest.
    evictions: Arc<Notify>,
}

/// A slot of [`Connections`], which one connection holds while it is open.
#[derive(Debug)]
pub(crate) struct Slot {
    connections: Connections,
    /// The number of changes between idle and busy. A connection is idle at first, so an even number means idle.
    changes: AtomicU64,
    /// Whether a part of the next request has been read.
    pub(crate) request_started: AtomicBool,
    /// Whether the next response closes the connection.
    pub(crate) closing: AtomicBool,
    _permit: OwnedSemaphorePermit,
}

/// Makes an idle connection busy, or a busy connection idle, until this value is dropped. Only idle connections can be
/// evicted.
#[derive(Debug)]
pub(crate) struct Change(Arc<Slot>);

impl Connections {
    pub(crate) fn new(limit: usize) -> Self {
        let limit = limit.clamp(1, Semaphore::MAX_PERMITS / 2);
        let total = limit + (limit / 8).clamp(1, MAX_RESERVED);
        Self {
            slots: Arc::new(Semaphore::new(total)),
            total,
            bodies: Arc::new(Semaphore::new(limit)),
            evictions: Arc::default(),
        }
    }

    /// Returns the number of open connections.
    pub(crate) fn open(&self) -> usize {
        self.total - self.slots.available_permits()
    }

    /// Waits for a slot and returns it. If no slot is free, evicts the connection that has been idle longest. If no
    /// connection is idle, evicts the next connection that becomes idle.
    pub(crate) async fn acquire(&self) -> Slot {
        if self.slots.available_permits() == 0 {
            self.evict_idle();
        }
        let Ok(permit) = Arc::clone(&self.slots).acquire_owned().await else {
            unreachable!("the semaphore is never closed")
        };
        // If the slot became free because a connection closed by itself, the eviction may still be pending. A pending
        // eviction is canceled here, because it would otherwise evict the new connection.
        self.evictions.notified().now_or_never();
        Slot {
            connections: self.clone(),
            changes: AtomicU64::new(0),
            request_started: AtomicBool::new(false),
            closing: AtomicBool::new(false),
            _permit: permit,
        }
    }

    /// Evicts the connection that has been idle longest.
    pub(crate) fn evict_idle(&self) {
        self.evictions.notify_one();
    }
}

impl Slot {
    pub(crate) fn is_idle(&self) -> bool {
        self.changes.load(Relaxed).is_multiple_of(2)
    }

    pub(crate) fn change(self: &Arc<Self>) -> Change {
        self.changes.fetch_add(1, Relaxed);
        Change(Arc::clone(self))
    }

    /// Waits until this connection is evicted. Only an idle connection can be evicted. The caller must poll this future
    /// after each poll of the connection, because a change between idle and busy does not wake the future.
    pub(crate) async fn evicted(&self) {
        let mut waiting = None;
        poll_fn(|context| {
            let changes = self.changes.load(Relaxed);
            if waiting.as_ref().is_none_or(|(since, _)| *since != changes) {
                let eviction = || Box::pin(self.connections.evictions.notified());
                waiting = self.is_idle().then(|| (changes, eviction()));
            }
            match &mut waiting {
                Some((_, eviction)) => eviction.as_mut().poll(context),
                None => Poll::Pending,
            }
        })
        .await;
    }

    /// Starts to receive a body. If all permits for bodies are in use, this connection can be evicted before its body
    /// is complete.
    pub(crate) fn receive_body(self: &Arc<Self>) -> Result<OwnedSemaphorePermit, Change> {
        let permit = Arc::clone(&self.connections.bodies).try_acquire_owned();
        permit.map_err(|_| self.change())
    }
}

impl Drop for Change {
    fn drop(&mut self) {
        self.0.request_started.store(false, Relaxed);
        self.0.changes.fetch_add(1, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn longest_idle_connection_is_evicted_at_the_limit() {
        // One slot is reserved.
        let connections = Connections::new(1);
        let busy = Arc::new(connections.acquire().await);
        let _request = busy.change();
        let idle = connections.acquire().await;

        let third = tokio::spawn({
            let connections = connections.clone();
            async move { connections.acquire().await }
        });
        tokio::select! {
            biased;
            () = busy.evicted() => panic!("a busy connection was evicted"),
            () = idle.evicted() => drop(idle),
        }

        third.await.expect("a slot");
        assert!(!busy.is_idle());
    }

    #[tokio::test]
    async fn idle_connections_are_evicted_in_order() {
        let connections = Connections::new(2);
        let slots = [connections.acquire().await, connections.acquire().await].map(Arc::new);
        let mut evicted = slots.each_ref().map(|slot| Box::pin(slot.evicted()));
        for eviction in &mut evicted {
            assert_eq!(eviction.as_mut().now_or_never(), None);
        }
        // After a request on the first connection, the second connection has been idle longest.
        drop(slots[0].change());
        assert_eq!(evicted[0].as_mut().now_or_never(), None);

        connections.evict_idle();

        assert_eq!(evicted[0].as_mut().now_or_never(), None);
        assert_eq!(evicted[1].as_mut().now_or_never(), Some(()));
    }

    #[tokio::test]
    async fn pending_eviction_does_not_evict_a_new_connection() {
        let connections = Connections::new(1);
        connections.evict_idle();
        let slot = connections.acquire().await;
        assert_eq!(slot.evicted().now_or_never(), None);
    }

    #[tokio::test]
    async fn connection_receiving_body_beyond_the_limit_can_be_evicted() {
        let connections = Connections::new(1);
        let first = Arc::new(connections.acquire().await);
        let second = Arc::new(connections.acquire().await);
        let _requests = [first.change(), second.change()];

        let within = first.receive_body();
        let beyond = second.receive_body();

        assert!(!first.is_idle() && second.is_idle());
        drop((within, beyond));
        assert!(!second.is_idle());
    }
}
