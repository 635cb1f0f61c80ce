//! SQLite: a file in WAL mode, or memory.
//!
//! Reads run on the thread of the request. They take microseconds, less than a switch to another thread. Writes run on a
//! thread of their own, because they wait for the disk.

mod errors;
mod log;
mod open;
pub(super) mod read;
pub(super) mod write;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use parking_lot::Mutex;
use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::StoreError;
use crate::error::StartError;
use log::Log;
pub(super) use open::{file, memory};
use write::Write;

/// How long a connection waits for the lock of another process.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// A connection that several threads use in turn.
type Shared = Arc<Mutex<Connection>>;

/// Connections to one database: several for reads and one for writes.
#[derive(Debug)]
pub(crate) struct SqliteStore {
    readers: Vec<Shared>,
    /// The queue of the thread that writes. `None` once the store is closed.
    writer: Mutex<Option<(mpsc::Sender<Write>, JoinHandle<()>)>>,
}

static THREADS: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    /// Number of this thread, which selects its preferred reader. If a thread always uses the same reader, the pages
    /// that it has read last are probably still in the processor's cache.
    static PREFERRED: usize = THREADS.fetch_add(1, Ordering::Relaxed);
}

impl SqliteStore {
    /// Starts the thread that writes. `log` is `None` for a database in memory.
    fn new(readers: Vec<Shared>, writer: Shared, log: Option<Log>) -> Result<Self, StartError> {
        let (queue, writes) = mpsc::channel(write::BATCH);
        let thread = thread::Builder::new()
            .name("permissions-writer".to_owned())
            .spawn(move || write::run(&writer, writes, log.as_ref()))
            .map_err(|error| {
                StartError::new(format!(
                    "failed to start the writer thread: {error}; raise the limit of threads for this user"
                ))
            })?;
        Ok(Self {
            readers,
            writer: Mutex::new(Some((queue, thread))),
        })
    }

    /// Reads with the preferred connection of this thread, or with another connection if the preferred one is in use.
    pub(super) fn read<T>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, rusqlite::Error>,
    ) -> Result<T, StoreError> {
        let preferred = PREFERRED.with(|number| number % self.readers.len());
        let (before, from_preferred) = self.readers.split_at(preferred);
        let mut candidates = from_preferred.iter().chain(before);
        let connection = candidates
            .find_map(|reader| reader.try_lock())
            .unwrap_or_else(|| from_preferred[0].lock());
        read(&connection).map_err(errors::at_run_time)
    }

    /// Queues a write and waits until it is committed. It may run twice, because a failed transaction is repeated.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        write: impl Fn(&Connection) -> Result<T, rusqlite::Error> + Send + 'static,
    ) -> Result<T, StoreError> {
        let output = Arc::new(Mutex::new(None));
        let slot = Arc::clone(&output);
        let (reply, committed) = oneshot::channel();
        let write = Write {
            run: Box::new(move |connection| {
                *slot.lock() = Some(write(connection)?);
                Ok(())
            }),
            reply,
        };
        let queue = self.queue().ok_or_else(StoreError::closed)?;
        let sent = queue.send(write).await;
        sent.map_err(|_| StoreError::closed())?;
        committed.await.map_err(|_| StoreError::closed())??;
        let output = output.lock().take();
        output.ok_or_else(StoreError::closed)
    }

    fn queue(&self) -> Option<mpsc::Sender<Write>> {
        Some(self.writer.lock().as_ref()?.0.clone())
    }

    /// Waits for the queued writes and ends the thread.
    pub(super) async fn close(&self) {
        let writer = self.writer.lock().take();
        if let Some((queue, thread)) = writer {
            drop(queue);
            // Only a panic of the thread makes this fail. The panic hook has already printed it.
            let _ = tokio::task::spawn_blocking(|| thread.join()).await;
        }
    }
}
