//! Writes: one thread commits the writes of concurrent requests together.
//!
//! A durable commit waits for the disk. Requests that arrive during a commit share the next one. If their transaction
//! fails, each write is repeated in a transaction of its own, so that a failure affects one request only. A queued write
//! is executed even if its client disconnects.

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use tokio::sync::{mpsc, oneshot};

use super::log::Log;
use super::read::permission;
use super::{Shared, errors};
use crate::store::projects::PUT;
use crate::store::{Creation, Deletion, Permission, ProjectPreset, StoreError, StoreErrorKind};

/// Maximum number of requests in one transaction.
pub(super) const BATCH: usize = 256;

type Run = dyn Fn(&Connection) -> Result<(), rusqlite::Error> + Send;

/// A queued write.
pub(super) struct Write {
    pub(super) run: Box<Run>,
    /// Receives the result of the transaction. The receiver is gone if the client has disconnected.
    pub(super) reply: oneshot::Sender<Result<(), StoreError>>,
}

/// Executes queued writes until the queue is closed.
///
/// `log` is the write-ahead log of a database file. Writes to a file are committed in batches, which share one wait for
/// the disk. For a database in memory, `log` is `None` and each write is committed separately.
pub(super) fn run(connection: &Shared, mut queue: mpsc::Receiver<Write>, log: Option<&Log>) {
    let limit = if log.is_some() { BATCH } else { 1 };
    let mut batch = Vec::with_capacity(limit);
    while queue.blocking_recv_many(&mut batch, limit) > 0 {
        let mut connection = connection.lock();
        match log.map_or(Ok(()), |log| log.limit(&connection)) {
            Ok(()) => commit(&mut connection, &mut batch),
            Err(error) => reply(&mut batch, &Err(error)),
        }
    }
}

/// Runs a batch in one transaction, sends the results and empties the batch.
fn commit(connection: &mut Connection, batch: &mut Vec<Write>) {
    let result = transaction(connection, batch).map_err(errors::at_run_time);
    match &result {
        // An error of the lock or the disk would affect every write, so the writes are not repeated one by one.
        Err(error) if error.kind == StoreErrorKind::Internal && batch.len() > 1 => {
            for write in batch.drain(..) {
                commit(connection, &mut vec![write]);
            }
        }
        _ => reply(batch, &result),
    }
}

fn reply(batch: &mut Vec<Write>, result: &Result<(), StoreError>) {
    for write in batch.drain(..) {
        let _ = write.reply.send(result.clone());
    }
}

fn transaction(connection: &mut Connection, batch: &[Write]) -> Result<(), rusqlite::Error> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for write in batch {
        (write.run)(&transaction)?;
    }
    transaction.commit()
}

/// Creates the missing permissions. Returns the permission of every project.
pub(in crate::store) fn create(
    connection: &Connection,
    creation: &Creation,
) -> Result<Vec<Permission>, rusqlite::Error> {
    let existing = existing(connection, creation)?;
    let missing = existing
        .iter()
        .filter(|existing| existing.is_none())
        .count();
    if missing == 0 {
        return Ok(existing.into_iter().flatten().collect());
    }
    let (checkpoint, mut position) = assign_positions(connection, &creation.checkpoint, missing)?;
    let mut insert = connection.prepare_cached(
        "INSERT INTO permissions (place, id, project_id, created_at)
         VALUES ((?1 << 36) + ?2, ?3, ?4, ?5)",
    )?;
    existing
        .into_iter()
        .zip(&creation.project_ids)
        .map(|(existing, project_id)| {
            if let Some(existing) = existing {
                return Ok(existing);
            }
            let id = creation.permission_id(position);
            let created_at = creation.created_at;
            insert.execute(params![checkpoint, position, id, project_id, created_at])?;
            position += 1;
            Ok(Permission {
                id,
                project_id: project_id.clone(),
                created_at,
            })
        })
        .collect()
}

/// Returns the permission of each project, if it has one. Runs one query per project, because SQLite may execute a join
/// with a list as a scan over all permissions of the checkpoint.
fn existing(
    connection: &Connection,
    creation: &Creation,
) -> Result<Vec<Option<Permission>>, rusqlite::Error> {
    let mut find = connection.prepare_cached(
        "SELECT id, project_id, created_at FROM permissions
         WHERE checkpoint = (SELECT key FROM checkpoints WHERE name = ?1) AND project_id = ?2",
    )?;
    creation
        .project_ids
        .iter()
        .map(|project_id| {
            let parameters = params![creation.checkpoint, project_id];
            find.query_row(parameters, |row| Ok(permission(row)?.into_owned()))
                .optional()
        })
        .collect()
}

/// Assigns `count` positions. Returns the key of the checkpoint and the first position.
///
/// An upsert with `RETURNING` would be slower: SQLite allocates a statement journal of 64 KiB for it.
fn assign_positions(
    connection: &Connection,
    checkpoint: &str,
    count: usize,
) -> Result<(i64, i64), rusqlite::Error> {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    let found: Option<(i64, i64)> = connection
        .prepare_cached("SELECT key, next_position FROM checkpoints WHERE name = ?1")?
        .query_row([checkpoint], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    if let Some((key, first)) = found {
        connection
            .prepare_cached("UPDATE checkpoints SET next_position = ?2 WHERE key = ?1")?
            .execute([key, first.saturating_add(count)])?;
        return Ok((key, first));
    }
    connection
        .prepare_cached("INSERT INTO checkpoints (name, next_position) VALUES (?1, 1 + ?2)")?
        .execute(params![checkpoint, count])?;
    Ok((connection.last_insert_rowid(), 1))
}

/// Deletes a permission and keeps its place for cursors. Returns `false` if the checkpoint has no such permission.
pub(in crate::store) fn delete(
    connection: &Connection,
    deletion: &Deletion,
) -> Result<bool, rusqlite::Error> {
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

/// Creates or updates projects.
pub(in crate::store) fn put_projects(
    connection: &Connection,
    projects: &[ProjectPreset],
    now: i64,
) -> Result<(), rusqlite::Error> {
    let mut put = connection.prepare_cached(PUT)?;
    for project in projects {
        put.execute(params![project.id, project.name, now, project.archived])?;
    }
    Ok(())
}
