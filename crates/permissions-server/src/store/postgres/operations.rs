//! What the store does on one connection.

use std::collections::{HashMap, HashSet};

use permissions_api::types::Order;
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{Connection, Row};

use crate::id::IdSource;
use crate::store::{Creation, Deletion, PageQuery, Permission, StoredPermission};

/// Something that can be done again on another connection.
pub(super) trait Operation: Sync {
    type Output: Send;
    /// Whether doing it twice has the effect and the answer of doing it once.
    const REPEATABLE: bool;

    fn run(
        &self,
        connection: &mut PgConnection,
    ) -> impl Future<Output = Result<Self::Output, sqlx::Error>> + Send;
}

/// The rows of a page, and one more if there is more; `None` if the cursor is unknown.
#[derive(Debug)]
pub(super) struct List<'a>(pub(super) &'a PageQuery);

#[derive(Debug)]
pub(super) struct Create<'a> {
    pub(super) creation: &'a Creation,
    pub(super) ids: IdSource,
}

#[derive(Debug)]
pub(super) struct Delete<'a>(pub(super) &'a Deletion);

#[derive(Debug)]
pub(super) struct Ping;

const CURSOR: &str = "
    SELECT p.position FROM permissions p JOIN checkpoints c ON c.key = p.checkpoint
    WHERE p.id = $1 AND c.name = $2
    UNION ALL
    SELECT d.position FROM deleted_permissions d JOIN checkpoints c ON c.key = d.checkpoint
    WHERE d.id = $1 AND c.name = $2";

const ASCENDING: &str = "
    SELECT p.id, p.project_id, p.created_at FROM permissions p
    WHERE p.checkpoint = (SELECT key FROM checkpoints WHERE name = $1) AND p.position > $2
    ORDER BY p.position ASC LIMIT $3";

const DESCENDING: &str = "
    SELECT p.id, p.project_id, p.created_at FROM permissions p
    WHERE p.checkpoint = (SELECT key FROM checkpoints WHERE name = $1) AND p.position < $2
    ORDER BY p.position DESC LIMIT $3";

const ASCENDING_OF_PROJECT: &str = "
    SELECT p.id, p.project_id, p.created_at FROM permissions p
    WHERE p.checkpoint = (SELECT key FROM checkpoints WHERE name = $1) AND p.position > $2
    AND p.project_id = $4 LIMIT $3";

const DESCENDING_OF_PROJECT: &str = "
    SELECT p.id, p.project_id, p.created_at FROM permissions p
    WHERE p.checkpoint = (SELECT key FROM checkpoints WHERE name = $1) AND p.position < $2
    AND p.project_id = $4 LIMIT $3";

/// One lookup for each project: `= ANY` may be planned as a walk over all permissions of the
/// checkpoint, each compared with all that are asked for.
const OF_PROJECTS: &str = "
    SELECT p.id, p.project_id, p.created_at FROM unnest($2::text[]) AS asked (project_id)
    CROSS JOIN LATERAL (
        SELECT o.id, o.project_id, o.created_at FROM permissions o
        WHERE o.checkpoint = (SELECT key FROM checkpoints WHERE name = $1)
        AND o.project_id = asked.project_id LIMIT 1
    ) p";

impl Operation for List<'_> {
    type Output = Option<Vec<PgRow>>;
    const REPEATABLE: bool = true;

    async fn run(&self, connection: &mut PgConnection) -> Result<Self::Output, sqlx::Error> {
        let query = self.0;
        let start = match &query.after {
            Some(after) => {
                let position: Option<i64> = sqlx::query_scalar(CURSOR)
                    .bind(after)
                    .bind(&query.checkpoint)
                    .fetch_optional(&mut *connection)
                    .await?;
                match position {
                    Some(position) => position,
                    None => return Ok(None),
                }
            }
            None => match query.order {
                Order::Ascending => i64::MIN,
                Order::Descending => i64::MAX,
            },
        };
        let statement = match (query.order, &query.project_id) {
            (Order::Ascending, None) => ASCENDING,
            (Order::Descending, None) => DESCENDING,
            (Order::Ascending, Some(_)) => ASCENDING_OF_PROJECT,
            (Order::Descending, Some(_)) => DESCENDING_OF_PROJECT,
        };
        let mut rows = sqlx::query(statement)
            .bind(&query.checkpoint)
            .bind(start)
            .bind(i64::from(query.limit) + 1);
        if let Some(project_id) = &query.project_id {
            rows = rows.bind(project_id);
        }
        rows.fetch_all(connection).await.map(Some)
    }
}

impl Operation for Create<'_> {
    type Output = Vec<StoredPermission>;
    const REPEATABLE: bool = true;

    async fn run(
        &self,
        connection: &mut PgConnection,
    ) -> Result<Vec<StoredPermission>, sqlx::Error> {
        loop {
            let mut found = of_projects(connection, self.creation).await?;
            if found.len() < self.creation.project_ids.len() {
                found = self.insert_missing(connection, &found).await?;
            }
            // A concurrent delete can take one away between insert and answer: then once more.
            if let Some(all) = in_order(found, &self.creation.project_ids) {
                return Ok(all);
            }
        }
    }
}

impl Create<'_> {
    async fn insert_missing(
        &self,
        connection: &mut PgConnection,
        found: &[StoredPermission],
    ) -> Result<Vec<StoredPermission>, sqlx::Error> {
        let known: HashSet<&str> = found
            .iter()
            .map(|found| found.project_id.as_str())
            .collect();
        let missing: Vec<&str> = self
            .creation
            .project_ids
            .iter()
            .map(String::as_str)
            .filter(|project_id| !known.contains(project_id))
            .collect();
        let count = i64::try_from(missing.len()).unwrap_or(i64::MAX);
        let checkpoint = &self.creation.checkpoint;

        let mut transaction = connection.begin().await?;
        let (key, first): (i64, i64) = sqlx::query_as(
            "INSERT INTO checkpoints (name, next_position) VALUES ($1, 1 + $2)
             ON CONFLICT (name) DO UPDATE SET next_position = checkpoints.next_position + $2
             RETURNING key, next_position - $2",
        )
        .bind(checkpoint)
        .bind(count)
        .fetch_one(&mut *transaction)
        .await?;
        let positions: Vec<i64> = (first..).take(missing.len()).collect();
        let ids: Vec<String> = positions
            .iter()
            .map(|position| self.ids.permission_id(checkpoint, *position))
            .collect();
        sqlx::query(
            "INSERT INTO permissions (checkpoint, position, id, project_id, created_at)
             SELECT $1, unnest($2::bigint[]), unnest($3::text[]), unnest($4::text[]), $5
             ON CONFLICT (checkpoint, project_id) DO NOTHING",
        )
        .bind(key)
        .bind(&positions)
        .bind(&ids)
        .bind(&missing)
        .bind(self.creation.created_at)
        .execute(&mut *transaction)
        .await?;
        let all = of_projects(&mut transaction, self.creation).await?;
        transaction.commit().await?;
        Ok(all)
    }
}

impl Operation for Delete<'_> {
    type Output = bool;
    // Done again after it was done, it would say that there is no such permission.
    const REPEATABLE: bool = false;

    async fn run(&self, connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
        let Deletion {
            checkpoint,
            permission_id,
            deleted_at,
        } = self.0;
        let done = sqlx::query(
            "WITH gone AS (
                 DELETE FROM permissions
                 WHERE id = $1 AND checkpoint = (SELECT key FROM checkpoints WHERE name = $2)
                 RETURNING id, checkpoint, position
             )
             INSERT INTO deleted_permissions (id, checkpoint, position, deleted_at)
             SELECT id, checkpoint, position, $3 FROM gone",
        )
        .bind(permission_id)
        .bind(checkpoint)
        .bind(deleted_at)
        .execute(connection)
        .await?;
        Ok(done.rows_affected() == 1)
    }
}

impl Operation for Ping {
    type Output = ();
    const REPEATABLE: bool = true;

    async fn run(&self, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        connection.ping().await
    }
}

async fn of_projects(
    connection: &mut PgConnection,
    creation: &Creation,
) -> Result<Vec<StoredPermission>, sqlx::Error> {
    sqlx::query(OF_PROJECTS)
        .bind(&creation.checkpoint)
        .bind(&creation.project_ids)
        .fetch_all(connection)
        .await?
        .iter()
        .map(permission)
        .collect()
}

/// The permission of each project, in that order; `None` if one is missing.
fn in_order(found: Vec<StoredPermission>, project_ids: &[String]) -> Option<Vec<StoredPermission>> {
    let mut by_project: HashMap<String, StoredPermission> = found
        .into_iter()
        .map(|found| (found.project_id.clone(), found))
        .collect();
    project_ids
        .iter()
        .map(|project_id| by_project.remove(project_id))
        .collect()
}

/// A permission from `id`, `project_id` and `created_at`.
pub(super) fn borrowed(row: &PgRow) -> Result<Permission<'_>, sqlx::Error> {
    Ok(Permission {
        id: row.try_get(0)?,
        project_id: row.try_get(1)?,
        created_at: row.try_get(2)?,
    })
}

fn permission(row: &PgRow) -> Result<StoredPermission, sqlx::Error> {
    Ok(StoredPermission {
        id: row.try_get(0)?,
        project_id: row.try_get(1)?,
        created_at: row.try_get(2)?,
    })
}
