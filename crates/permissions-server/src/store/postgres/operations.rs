//! The SQL statements for PostgreSQL.

use std::collections::HashMap;
use std::sync::Arc;

use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Row};

use super::PostgresStore;
use crate::store::projects::{EXISTS, PAGE, PUT};
use crate::store::{
    Creation, Deletion, Order, PageQuery, Permission, Project, ProjectPreset, ProjectQuery,
    StoreError, StoreErrorKind,
};

const CURSOR: &str = "
    SELECT p.position FROM permissions p JOIN checkpoints c ON c.key = p.checkpoint
    WHERE p.id = $1 AND c.name = $2
    UNION ALL
    SELECT d.position FROM deleted_permissions d JOIN checkpoints c ON c.key = d.checkpoint
    WHERE d.id = $1 AND c.name = $2";

/// Finds the permission of each project with a lateral join, because PostgreSQL may execute `= ANY` as a scan over all
/// permissions of the checkpoint.
const OF_PROJECTS: &str = "
    SELECT p.id, p.project_id, p.created_at FROM unnest($2::text[]) AS requested (project_id)
    CROSS JOIN LATERAL (
        SELECT o.id, o.project_id, o.created_at FROM permissions o
        WHERE o.checkpoint = (SELECT key FROM checkpoints WHERE name = $1)
        AND o.project_id = requested.project_id LIMIT 1
    ) p";

/// Starts a transaction whose commit waits for the disk, even if the administrator has turned `synchronous_commit` off.
/// The setting applies to this transaction only, because PgBouncer may assign the connection to another client after
/// the transaction.
const BEGIN_DURABLE: &str = "BEGIN;
    SELECT set_config('synchronous_commit', 'on', true)
    WHERE current_setting('synchronous_commit') = 'off'";

type Parameter<'a> = (&'a (dyn ToSql + Sync), Type);

/// Reads a page and calls `each` with its permissions. Returns whether there is another page, or `None` if the cursor is
/// unknown.
pub(in crate::store) async fn list(
    store: &PostgresStore,
    query: &PageQuery,
    mut each: impl FnMut(Permission<&str>),
) -> Result<Option<bool>, StoreError> {
    let Some(rows) = store.run(true, |client| rows(client, query)).await? else {
        return Ok(None);
    };
    let limit = query.limit as usize;
    for row in rows.iter().take(limit) {
        each(permission(row)?);
    }
    Ok(Some(rows.len() > limit))
}

/// Reads the rows of a page, plus one row if there is another page. Returns `None` if the cursor is unknown.
async fn rows(client: Arc<Client>, query: &PageQuery) -> Result<Option<Vec<Row>>, StoreError> {
    let start: i64 = match &query.after {
        Some(after) => {
            let parameters: [Parameter<'_>; 2] =
                [(after, Type::TEXT), (&query.checkpoint, Type::TEXT)];
            match client.query_typed_opt(CURSOR, &parameters).await? {
                Some(row) => row.try_get(0)?,
                None => return Ok(None),
            }
        }
        None if query.order == Order::Ascending => i64::MIN,
        None => i64::MAX,
    };
    let (after, direction) = match query.order {
        Order::Ascending => (">", "ASC"),
        Order::Descending => ("<", "DESC"),
    };
    let limit = i64::from(query.limit) + 1;
    let mut parameters: Vec<Parameter<'_>> = vec![
        (&query.checkpoint, Type::TEXT),
        (&start, Type::INT8),
        (&limit, Type::INT8),
    ];
    // A project has at most one permission of a checkpoint, so a page that is filtered by project needs no order.
    let rest = match &query.project_id {
        Some(project_id) => {
            parameters.push((project_id, Type::TEXT));
            "AND p.project_id = $4".to_owned()
        }
        None => format!("ORDER BY p.position {direction}"),
    };
    let statement = format!(
        "SELECT p.id, p.project_id, p.created_at FROM permissions p
         WHERE p.checkpoint = (SELECT key FROM checkpoints WHERE name = $1) AND p.position {after} $2
         {rest} LIMIT $3"
    );
    Ok(Some(client.query_typed(&statement, &parameters).await?))
}

/// Creates the missing permissions. Returns the permission of every project.
pub(in crate::store) async fn create(
    client: Arc<Client>,
    creation: &Creation,
) -> Result<Vec<Permission>, StoreError> {
    loop {
        let mut existing = of_projects(&client, creation).await?;
        if existing.len() < creation.project_ids.len() {
            existing = insert_missing(&client, creation, &existing).await?;
        }
        // If a concurrent request has deleted some of these permissions in the meantime, the next attempt creates them again.
        let ordered = creation.project_ids.iter().map(|id| existing.remove(id));
        if let Some(all) = ordered.collect() {
            return Ok(all);
        }
    }
}

async fn insert_missing(
    client: &Client,
    creation: &Creation,
    existing: &HashMap<String, Permission>,
) -> Result<HashMap<String, Permission>, StoreError> {
    let missing: Vec<&String> = creation
        .project_ids
        .iter()
        .filter(|project_id| !existing.contains_key(*project_id))
        .collect();
    let count = i64::try_from(missing.len()).unwrap_or(i64::MAX);
    client.batch_execute(BEGIN_DURABLE).await?;
    let row = client
        .query_typed_one(
            "INSERT INTO checkpoints (name, next_position) VALUES ($1, 1 + $2)
             ON CONFLICT (name) DO UPDATE SET next_position = checkpoints.next_position + $2
             RETURNING key, next_position - $2",
            &[(&creation.checkpoint, Type::TEXT), (&count, Type::INT8)],
        )
        .await?;
    let (key, first): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
    let positions: Vec<i64> = (first..).take(missing.len()).collect();
    let new_ids: Vec<String> = positions
        .iter()
        .map(|position| creation.permission_id(*position))
        .collect();
    client
        .execute_typed(
            "INSERT INTO permissions (checkpoint, position, id, project_id, created_at)
             SELECT $1, unnest($2::bigint[]), unnest($3::text[]), unnest($4::text[]), $5
             ON CONFLICT (checkpoint, project_id) DO NOTHING",
            &[
                (&key, Type::INT8),
                (&positions, Type::INT8_ARRAY),
                (&new_ids, Type::TEXT_ARRAY),
                (&missing, Type::TEXT_ARRAY),
                (&creation.created_at, Type::INT8),
            ],
        )
        .await?;
    let all = of_projects(client, creation).await?;
    client.batch_execute("COMMIT").await?;
    Ok(all)
}

/// Deletes a permission and keeps its position for cursors. Returns `false` if the checkpoint has no such permission.
pub(in crate::store) async fn delete(
    client: Arc<Client>,
    deletion: &Deletion,
) -> Result<bool, StoreError> {
    let statement = "
        WITH removed AS (
            DELETE FROM permissions
            WHERE id = $1 AND checkpoint = (SELECT key FROM checkpoints WHERE name = $2)
            RETURNING id, checkpoint, position
        )
        INSERT INTO deleted_permissions (id, checkpoint, position, deleted_at)
        SELECT id, checkpoint, position, $3 FROM removed";
    let parameters: [Parameter<'_>; 3] = [
        (&deletion.permission_id, Type::TEXT),
        (&deletion.checkpoint, Type::TEXT),
        (&deletion.deleted_at, Type::INT8),
    ];
    let begin_and_delete = async {
        client.batch_execute(BEGIN_DURABLE).await?;
        client.execute_typed(statement, &parameters).await
    };
    // If the connection is lost before the commit, the delete has no effect and can be repeated.
    let deleted = begin_and_delete.await.map_err(|error| {
        let mut error = StoreError::from(error);
        if error.kind == StoreErrorKind::ConnectionLost {
            error.kind = StoreErrorKind::Unreachable;
        }
        error
    })?;
    client.batch_execute("COMMIT").await?;
    Ok(deleted == 1)
}

/// Reads a page of projects. Returns `None` if the cursor is unknown.
pub(in crate::store) async fn projects(
    client: Arc<Client>,
    query: &ProjectQuery,
) -> Result<Option<Vec<Project>>, StoreError> {
    let limit = i64::from(query.limit) + 1;
    let parameters: [Parameter<'_>; 3] = [
        (&query.after, Type::TEXT),
        (&query.include_archived, Type::BOOL),
        (&limit, Type::INT8),
    ];
    let rows = client.query_typed(PAGE, &parameters).await?;
    let is_known = match &query.after {
        Some(after) if rows.is_empty() => {
            let parameters: [Parameter<'_>; 1] = [(after, Type::TEXT)];
            let row = client.query_typed_one(EXISTS, &parameters).await?;
            row.try_get(0)?
        }
        _ => true,
    };
    let projects = rows.iter().map(|row| {
        Ok(Project {
            id: row.try_get(0)?,
            name: row.try_get(1)?,
            created_at: row.try_get(2)?,
            archived_at: row.try_get(3)?,
        })
    });
    let projects = projects.collect::<Result<_, StoreError>>()?;
    Ok(is_known.then_some(projects))
}

/// Creates or updates projects.
pub(in crate::store) async fn put_projects(
    client: Arc<Client>,
    projects: &[ProjectPreset],
    now: i64,
) -> Result<(), StoreError> {
    client.batch_execute(BEGIN_DURABLE).await?;
    for project in projects {
        let parameters: [Parameter<'_>; 4] = [
            (&project.id, Type::TEXT),
            (&project.name, Type::TEXT),
            (&now, Type::INT8),
            (&project.archived, Type::BOOL),
        ];
        client.execute_typed(PUT, &parameters).await?;
    }
    Ok(client.batch_execute("COMMIT").await?)
}

/// Returns the permissions of the requested projects by project id.
async fn of_projects(
    client: &Client,
    creation: &Creation,
) -> Result<HashMap<String, Permission>, StoreError> {
    let parameters: [Parameter<'_>; 2] = [
        (&creation.checkpoint, Type::TEXT),
        (&creation.project_ids, Type::TEXT_ARRAY),
    ];
    let rows = client.query_typed(OF_PROJECTS, &parameters).await?;
    rows.iter()
        .map(|row| {
            let permission = permission(row)?.into_owned();
            Ok((permission.project_id.clone(), permission))
        })
        .collect()
}

/// Reads a permission from the columns `id`, `project_id` and `created_at`.
fn permission(row: &Row) -> Result<Permission<&str>, StoreError> {
    Ok(Permission {
        id: row.try_get(0)?,
        project_id: row.try_get(1)?,
        created_at: row.try_get(2)?,
    })
}
