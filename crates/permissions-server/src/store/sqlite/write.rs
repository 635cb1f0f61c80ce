//! Writing: one thread commits the writes of many requests together.
//!
//! A durable commit costs a wait for the disk. Requests that arrive during one wait share the
//! next. If their transaction fails, each is done again by itself, so that one request's failure
//! is only its own. A write belongs to this thread from the moment it is queued: a client that goes
//! away cannot tear it.

use std::collections::{HashMap, HashSet};
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
    let asked = json(&creation.project_ids);
    let mut found = permissions_of(connection, &creation.checkpoint, &asked)?;
    let known: HashSet<&str> = found
        .iter()
        .map(|found| found.project_id.as_str())
        .collect();
    let missing: Vec<&str> = creation
        .project_ids
        .iter()
        .map(String::as_str)
        .filter(|project_id| !known.contains(project_id))
        .collect();
    if !missing.is_empty() {
        let created = insert(connection, ids, creation, &missing)?;
        found.extend(created);
    }
    let mut by_project: HashMap<String, StoredPermission> = found
        .into_iter()
        .map(|found| (found.project_id.clone(), found))
        .collect();
    creation
        .project_ids
        .iter()
        .map(|project_id| {
            by_project
                .remove(project_id)
                .ok_or(rusqlite::Error::QueryReturnedNoRows)
        })
        .collect()
}

fn permissions_of(
    connection: &Connection,
    checkpoint: &str,
    project_ids: &str,
) -> Result<Vec<StoredPermission>, rusqlite::Error> {
    connection
        .prepare_cached(
            "SELECT p.id, p.project_id, p.created_at FROM checkpoints c
             JOIN json_each(?2) asked
             JOIN permissions p ON p.checkpoint = c.key AND p.project_id = asked.value
             WHERE c.name = ?1",
        )?
        .query_map(params![checkpoint, project_ids], permission)?
        .collect()
}

fn insert(
    connection: &Connection,
    ids: IdSource,
    creation: &Creation,
    missing: &[&str],
) -> Result<Vec<StoredPermission>, rusqlite::Error> {
    let count = i64::try_from(missing.len()).unwrap_or(i64::MAX);
    let (checkpoint, first): (i64, i64) = connection
        .prepare_cached(
            "INSERT INTO checkpoints (name, next_position) VALUES (?1, 1 + ?2)
             ON CONFLICT (name) DO UPDATE SET next_position = next_position + ?2
             RETURNING key, next_position - ?2",
        )?
        .query_row(params![creation.checkpoint, count], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    let mut add = connection.prepare_cached(
        "INSERT INTO permissions (checkpoint, position, id, project_id, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    (first..)
        .zip(missing)
        .map(|(position, project_id)| {
            let permission = StoredPermission {
                id: ids.permission_id(&creation.checkpoint, position),
                project_id: (*project_id).to_owned(),
                created_at: creation.created_at,
            };
            add.execute(params![
                checkpoint,
                position,
                permission.id,
                permission.project_id,
                permission.created_at
            ])?;
            Ok(permission)
        })
        .collect()
}

fn delete(connection: &Connection, deletion: &Deletion) -> Result<bool, rusqlite::Error> {
    let removed: Option<(i64, i64)> = connection
        .prepare_cached(
            "DELETE FROM permissions
             WHERE id = ?1 AND checkpoint = (SELECT key FROM checkpoints WHERE name = ?2)
             RETURNING checkpoint, position",
        )?
        .query_row(
            params![deletion.permission_id, deletion.checkpoint],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()?;
    let Some((checkpoint, position)) = removed else {
        return Ok(false);
    };
    connection
        .prepare_cached(
            "INSERT INTO deleted_permissions (id, checkpoint, position, deleted_at)
             VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![
            deletion.permission_id,
            checkpoint,
            position,
            deletion.deleted_at
        ])?;
    Ok(true)
}

/// A list as one SQL parameter.
fn json(project_ids: &[String]) -> String {
    serde_json::json!(project_ids).to_string()
}
