//! Writing: one task commits the writes of many requests together.
//!
//! A durable commit costs a wait for the disk. Requests that arrive during one wait share the
//! next. If their transaction fails, each is done again by itself, so that one request's failure
//! is only its own. A write belongs to this task from the moment it is queued: a client that goes
//! away cannot tear it.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::connections::Connections;
use super::errors;
use crate::id::IdSource;
use crate::store::{Creation, Deletion, StoreError, StoreErrorKind, StoredPermission};

/// Requests that wait for the disk together, at most.
const BATCH: usize = 256;

/// The queue to the one task that writes.
#[derive(Debug, Clone)]
pub(super) struct Writer {
    queue: mpsc::Sender<Write>,
    task: Arc<Mutex<Option<JoinHandle<()>>>>,
}

type Reply<T> = oneshot::Sender<Result<T, StoreError>>;

#[derive(Debug)]
enum Write {
    Create(Creation, Reply<Vec<StoredPermission>>),
    Delete(Deletion, Reply<bool>),
    /// Ends the task after everything that was queued before.
    Close,
}

/// What a write gives once its transaction is on disk.
enum Outcome {
    Created(Vec<StoredPermission>),
    Deleted(bool),
}

impl Writer {
    pub(super) fn spawn(connections: Connections, ids: IdSource) -> Self {
        let (queue, writes) = mpsc::channel(BATCH);
        let task = tokio::spawn(run(connections, ids, writes));
        Self {
            queue,
            task: Arc::new(Mutex::new(Some(task))),
        }
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

    pub(super) async fn close(&self) {
        // Both errors mean that the task has ended already.
        let _ = self.queue.send(Write::Close).await;
        let task = self
            .task
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(task) = task {
            let _ = task.await;
        }
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

async fn run(connections: Connections, ids: IdSource, mut writes: mpsc::Receiver<Write>) {
    let mut batch = Vec::with_capacity(BATCH);
    let mut open = true;
    while open && writes.recv_many(&mut batch, BATCH).await > 0 {
        if let Some(end) = batch.iter().position(|write| matches!(write, Write::Close)) {
            batch.truncate(end);
            open = false;
        }
        commit(&connections, ids, &mut batch).await;
    }
    connections.close().await;
}

/// Does a batch and answers everybody once it is on disk.
async fn commit(connections: &Connections, ids: IdSource, batch: &mut Vec<Write>) {
    match transaction(connections, ids, batch).await {
        Ok(outcomes) => {
            for (write, outcome) in batch.drain(..).zip(outcomes) {
                write.answer(Ok(outcome));
            }
        }
        Err(error) if batch.len() > 1 && error.kind() == StoreErrorKind::Internal => {
            for write in batch.drain(..) {
                let alone = transaction(connections, ids, std::slice::from_ref(&write)).await;
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

async fn transaction(
    connections: &Connections,
    ids: IdSource,
    batch: &[Write],
) -> Result<Vec<Outcome>, StoreError> {
    let all = async {
        let mut loan = connections.lend().await;
        let connection = loan.connection()?;
        sqlx::query("BEGIN IMMEDIATE")
            .execute(&mut *connection)
            .await?;
        let done = write_all(connection, ids, batch).await;
        if done.is_err() {
            // SQLite may have rolled back by itself: a full disk makes it. Then this is an error,
            // and one of no account.
            let _ = sqlx::query("ROLLBACK").execute(&mut *connection).await;
        }
        done
    };
    all.await.map_err(errors::at_run_time)
}

async fn write_all(
    connection: &mut SqliteConnection,
    ids: IdSource,
    batch: &[Write],
) -> Result<Vec<Outcome>, sqlx::Error> {
    let mut outcomes = Vec::with_capacity(batch.len());
    for write in batch {
        outcomes.push(match write {
            Write::Create(creation, _) => {
                Outcome::Created(create(connection, ids, creation).await?)
            }
            Write::Delete(deletion, _) => Outcome::Deleted(delete(connection, deletion).await?),
            Write::Close => break,
        });
    }
    sqlx::query("COMMIT").execute(connection).await?;
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
            (Self::Create(..) | Self::Delete(..) | Self::Close, _) => {}
        }
    }
}

async fn create(
    connection: &mut SqliteConnection,
    ids: IdSource,
    creation: &Creation,
) -> Result<Vec<StoredPermission>, sqlx::Error> {
    let asked = json(&creation.project_ids);
    let mut found = permissions_of(connection, &creation.checkpoint, &asked).await?;
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
        let created = insert(connection, ids, creation, &missing).await?;
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
                .ok_or(sqlx::Error::RowNotFound)
        })
        .collect()
}

async fn permissions_of(
    connection: &mut SqliteConnection,
    checkpoint: &str,
    project_ids: &str,
) -> Result<Vec<StoredPermission>, sqlx::Error> {
    sqlx::query(
        "SELECT p.id, p.project_id, p.created_at FROM checkpoints c
         JOIN json_each(?2) asked
         JOIN permissions p ON p.checkpoint = c.key AND p.project_id = asked.value
         WHERE c.name = ?1",
    )
    .bind(checkpoint)
    .bind(project_ids)
    .fetch_all(connection)
    .await?
    .iter()
    .map(permission)
    .collect()
}

fn permission(row: &SqliteRow) -> Result<StoredPermission, sqlx::Error> {
    Ok(StoredPermission {
        id: row.try_get(0)?,
        project_id: row.try_get(1)?,
        created_at: row.try_get(2)?,
    })
}

async fn insert(
    connection: &mut SqliteConnection,
    ids: IdSource,
    creation: &Creation,
    missing: &[&str],
) -> Result<Vec<StoredPermission>, sqlx::Error> {
    let count = i64::try_from(missing.len()).unwrap_or(i64::MAX);
    let (checkpoint, first): (i64, i64) = sqlx::query_as(
        "INSERT INTO checkpoints (name, next_position) VALUES (?1, 1 + ?2)
         ON CONFLICT (name) DO UPDATE SET next_position = next_position + ?2
         RETURNING key, next_position - ?2",
    )
    .bind(&creation.checkpoint)
    .bind(count)
    .fetch_one(&mut *connection)
    .await?;
    let created: Vec<(i64, StoredPermission)> = (first..)
        .zip(missing)
        .map(|(position, project_id)| {
            let permission = StoredPermission {
                id: ids.permission_id(&creation.checkpoint, position),
                project_id: (*project_id).to_owned(),
                created_at: creation.created_at,
            };
            (position, permission)
        })
        .collect();
    let rows: Vec<(i64, &str, &str)> = created
        .iter()
        .map(|(position, created)| (*position, created.id.as_str(), created.project_id.as_str()))
        .collect();
    sqlx::query(
        "INSERT INTO permissions (checkpoint, position, id, project_id, created_at)
         SELECT ?1, value ->> 0, value ->> 1, value ->> 2, ?2 FROM json_each(?3)",
    )
    .bind(checkpoint)
    .bind(creation.created_at)
    .bind(json(&rows))
    .execute(connection)
    .await?;
    Ok(created.into_iter().map(|(_, created)| created).collect())
}

async fn delete(
    connection: &mut SqliteConnection,
    deletion: &Deletion,
) -> Result<bool, sqlx::Error> {
    let removed: Option<(i64, i64)> = sqlx::query_as(
        "DELETE FROM permissions
         WHERE id = ?1 AND checkpoint = (SELECT key FROM checkpoints WHERE name = ?2)
         RETURNING checkpoint, position",
    )
    .bind(&deletion.permission_id)
    .bind(&deletion.checkpoint)
    .fetch_optional(&mut *connection)
    .await?;
    let Some((checkpoint, position)) = removed else {
        return Ok(false);
    };
    sqlx::query(
        "INSERT INTO deleted_permissions (id, checkpoint, position, deleted_at)
         VALUES (?1, ?2, ?3, ?4)",
    )
    .bind(&deletion.permission_id)
    .bind(checkpoint)
    .bind(position)
    .bind(deletion.deleted_at)
    .execute(connection)
    .await?;
    Ok(true)
}

/// A list as one SQL parameter.
fn json(value: &impl serde::Serialize) -> String {
    serde_json::json!(value).to_string()
}
