//! A pool of connections.
//!
//! A connection returns to the pool only after an operation has succeeded. A failed or cancelled operation closes its
//! connection, which also rolls back an open transaction.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;
use tokio_postgres::Client;

use super::connect::Hosts;
use crate::store::{StoreError, StoreErrorKind};

/// Maximum number of connections. PostgreSQL allows 100 by default, which several servers share.
const CONNECTIONS: usize = 16;
/// How long a request waits for a connection if all connections are in use.
const WAIT: Duration = Duration::from_secs(2);

#[derive(Debug)]
pub(super) struct Pool {
    hosts: Hosts,
    idle: Mutex<Vec<Arc<Client>>>,
    permits: Semaphore,
}

/// A connection in use.
pub(super) struct Pooled<'a> {
    client: Arc<Client>,
    pool: &'a Pool,
    _permit: SemaphorePermit<'a>,
}

impl Pool {
    pub(super) fn new(hosts: Hosts) -> Self {
        Self {
            hosts,
            idle: Mutex::default(),
            permits: Semaphore::new(CONNECTIONS),
        }
    }

    pub(super) fn hosts(&self) -> &Hosts {
        &self.hosts
    }

    /// Takes an idle connection or opens one.
    pub(super) async fn get(&self) -> Result<Pooled<'_>, StoreError> {
        let permit = match timeout(WAIT, self.permits.acquire()).await {
            Ok(Ok(permit)) => permit,
            Ok(Err(_)) => return Err(StoreError::closed()),
            Err(_) => {
                let message = format!("all {CONNECTIONS} connections to PostgreSQL are in use");
                return Err(StoreError::new(StoreErrorKind::Unreachable, message));
            }
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
        Ok(Pooled {
            client,
            pool: self,
            _permit: permit,
        })
    }
}

impl Pooled<'_> {
    /// Returns the connection to the pool after a successful operation.
    pub(super) fn release(self) {
        self.pool.idle.lock().push(self.client);
    }
}

impl Deref for Pooled<'_> {
    type Target = Arc<Client>;

    fn deref(&self) -> &Arc<Client> {
        &self.client
    }
}
