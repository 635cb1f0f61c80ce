//! Writing: one thread commits the writes of many requests together.
//!
//! A durable commit costs a wait for the disk. Requests that arrive during one wait share the
//! next. If their transaction fails, each is done again by itself, so that one request's failure
//! is only its own. A write belongs to this thread from the moment it is queued: a client that goes
//! away cannot tear it.

use std::thread;

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use tokio::sync::{mpsc, oneshot};

use super::connections::Slot;
use super::errors;
use super::read::permission;
use crate::error::StartError;
use crate::id::IdSource;
use crate::store::{Creation, Deletion, StoreError, StoreErrorKind, StoredPermission};

/// Requests that wait for the disk together, at most.
pub(super) const TOGETHER: usize = 256;

/// The queue to the one thread that writes.
#[derive(Debug, Clone)]
pub(super) struct Writer {
    queue: mpsc::Sender<Write>,
    connection: Slot,
}

type Reply<T> = oneshot::Sender<Result<T, StoreError>>;

#[derive(Debug)]
enum Write {
    Create(Creation, Reply<Vec<StoredPermission>>),
    Delete(Deletion, Reply<bool>),
    /// Ends the thread after everything that was queued before.
    Finish(oneshot::Sender<()>),
}

/// What a write gives once its transaction is on disk.
enum Outcome {
    Created(Vec<StoredPermission>),
    Deleted(bool),
}

impl Writer {
    /// Starts the thread, which commits at most `together` requests at a time.
    pub(super) fn spawn(
        connection: Slot,
        ids: IdSource,
        together: usize,
    ) -> Result<Self, StartError> {
        let (queue, writes) = mpsc::channel(TOGETHER);
        let writer = Self {
            queue,
            connection: connection.clone(),
        };
        thread::Builder::new()
            .name("permissions-writer".to_owned())
            .spawn(move || run(&connection, ids, writes, together))
            .map_err(|error| {
                let message = format!(
                    "failed to start the thread that writes: {error}; \
                     raise the number of threads that this user may have"
                );
                StartError::with_source(message, error)
            })?;
        Ok(writer)
    }

    pub(super) async fn create(
        &self,
        creation: Creation,
    ) -> Result<Vec<StoredPermission>, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.send(Write::Create(creation, reply), answer).await
    }

    pub(super) async fn delete(&self, deletion: Deletion) -> Result<bool, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.send(Write::Delete(deletion, reply), answer).await
    }

    /// Waits until everything that was queued is on disk, and takes no more.
    pub(super) async fn finish(&self) {
        let (reply, done) = oneshot::channel();
        // Both errors mean that the thread has ended already.
        if self.queue.send(Write::Finish(reply)).await.is_ok() {
            let _ = done.await;
        }
    }

    pub(super) fn close(&self) {
        self.connection.close();
    }

    async fn send<T>(
        &self,
        write: Write,
        answer: oneshot::Receiver<Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        self.queue
            .send(write)
            .await
            .map_err(|_| StoreError::closed())?;
        answer.await.unwrap_or_else(|_| Err(StoreError::closed()))
    }
}

fn run(connection: &Slot, ids: IdSource, mut writes: mpsc::Receiver<Write>, together: usize) {
    let mut batch = Vec::with_capacity(together);
    while writes.blocking_recv_many(&mut batch, together) > 0 {
        let end = batch
            .iter()
            .position(|write| matches!(write, Write::Finish(_)));
        let last = end.map(|end| batch.drain(end..).next());
        commit(connection, ids, &mut batch);
        if let Some(finish) = last {
            // What comes after it hears that the database is closing.
            drop(writes);
            if let Some(Write::Finish(reply)) = finish {
                let _ = reply.send(());
            }
            return;
        }
    }
}

/// Does a batch and answers everybody once it is on disk.
fn commit(connection: &Slot, ids: IdSource, batch: &mut Vec<Write>) {
    match transaction(connection, ids, batch) {
        Ok(outcomes) => {
            for (write, outcome) in batch.drain(..).zip(outcomes) {
                write.answer(Ok(outcome));
            }
        }
        Err(error) if batch.len() > 1 && error.kind() == StoreErrorKind::Internal => {
            for write in batch.drain(..) {
                let alone = transaction(connection, ids, std::slice::from_ref(&write));
                let outcome = alone.and_then(|outcomes| {
                    outcomes.into_iter().next().ok_or_else(StoreError::closed)
                });
                write.answer(outcome);
            }
        }
        // A lock, the disk: what stopped one would stop each of them.
        Err(error) => {
            for write in batch.drain(..) {
                write.answer(Err(error.clone()));
            }
        }
    }
}

fn transaction(
    connection: &Slot,
    ids: IdSource,
    batch: &[Write],
) -> Result<Vec<Outcome>, StoreError> {
    connection
        .with(|connection| write_all(connection, ids, batch))
        .ok_or_else(StoreError::closed)?
        .map_err(errors::at_run_time)
}

fn write_all(
    connection: &mut Connection,
    ids: IdSource,
    batch: &[Write],
) -> Result<Vec<Outcome>, rusqlite::Error> {
    // Rolled back when it is dropped before its commit.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut outcomes = Vec::with_capacity(batch.len());
    for write in batch {
        outcomes.push(match write {
            Write::Create(creation, _) => Outcome::Created(create(&transaction, ids, creation)?),
            Write::Delete(deletion, _) => Outcome::Deleted(delete(&transaction, deletion)?),
            Write::Finish(_) => break,
        });
    }
    transaction.commit()?;
    Ok(outcomes)
}

impl Write {
    fn answer(self, outcome: Result<Outcome, StoreError>) {
        // A receiver that is gone is a client that went away; its write stands.
        match (self, outcome) {
            (Self::Create(_, reply), Ok(Outcome::Created(created))) => {
                drop(reply.send(Ok(created)));
            }
            (Self::Delete(_, reply), Ok(Outcome::Deleted(deleted))) => {
                drop(reply.send(Ok(deleted)));
            }
            (Self::Create(_, reply), Err(error)) => drop(reply.send(Err(error))),
            (Self::Delete(_, reply), Err(error)) => drop(reply.send(Err(error))),
            // An outcome is made from its own write, so they never differ in kind.
            (Self::Create(..) | Self::Delete(..) | Self::Finish(_), _) => {}
        }
    }
}

fn create(
    connection: &Connection,
    ids: IdSource,
    creation: &Creation,
) -> Result<Vec<StoredPermission>, rusqlite::Error> {
    let there = there_already(connection, creation)?;
    let missing = there.iter().filter(|there| there.is_none()).count();
    if missing == 0 {
        return Ok(there.into_iter().flatten().collect());
    }
    let (checkpoint, mut position) = hand_out(connection, &creation.checkpoint, missing)?;
    let mut add = connection.prepare_cached(
        "INSERT INTO permissions (place, id, project_id, created_at)
         VALUES ((?1 << 36) + ?2, ?3, ?4, ?5)",
    )?;
    there
        .into_iter()
        .zip(&creation.project_ids)
        .map(|(there, project_id)| {
            if let Some(there) = there {
                return Ok(there);
            }
            let id = ids.permission_id(&creation.checkpoint, position);
            let created_at = creation.created_at;
            add.execute(params![checkpoint, position, id, project_id, created_at])?;
            position += 1;
            Ok(StoredPermission {
                id,
                project_id: project_id.clone(),
                created_at,
            })
        })
        .collect()
}

/// For each project asked for, the permission that it has. One lookup each: a join with a list may be
/// planned as a walk over all permissions of the checkpoint.
fn there_already(
    connection: &Connection,
    creation: &Creation,
) -> Result<Vec<Option<StoredPermission>>, rusqlite::Error> {
    let mut find = connection.prepare_cached(
        "SELECT id, project_id, created_at FROM permissions
         WHERE checkpoint = (SELECT key FROM checkpoints WHERE name = ?1) AND project_id = ?2",
    )?;
    creation
        .project_ids
        .iter()
        .map(|project_id| {
            find.query_row(params![creation.checkpoint, project_id], permission)
                .optional()
        })
        .collect()
}

/// The checkpoint's key and the first of `count` positions in it that are nobody else's.
fn hand_out(
    connection: &Connection,
    checkpoint: &str,
    count: usize,
) -> Result<(i64, i64), rusqlite::Error> {
    connection
        .prepare_cached(
            "INSERT INTO checkpoints (name, next_position) VALUES (?1, 1 + ?2)
             ON CONFLICT (name) DO UPDATE SET next_position = next_position + ?2
             RETURNING key, next_position - ?2",
        )?
        .query_row(
            params![checkpoint, i64::try_from(count).unwrap_or(i64::MAX)],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
}

fn delete(connection: &Connection, deletion: &Deletion) -> Result<bool, rusqlite::Error> {
    let removed: Option<i64> = connection
        .prepare_cached(
            "DELETE FROM permissions
             WHERE id = ?1 AND checkpoint = (SELECT key FROM checkpoints WHERE name = ?2)
             RETURNING place",
        )?
        .query_row(
            params![deletion.permission_id, deletion.checkpoint],
            |row| row.get(0),
        )
        .optional()?;
    let Some(place) = removed else {
        return Ok(false);
    };
    connection
        .prepare_cached(
            "INSERT INTO deleted_permissions (id, place, deleted_at) VALUES (?1, ?2, ?3)",
        )?
        .execute(params![deletion.permission_id, place, deletion.deleted_at])?;
    Ok(true)
}
