//! Reading a page: one seek to the cursor's position, one scan of the page.

use permissions_api::types::Order;
use sqlx::sqlite::{SqlitePool, SqliteRow};
use sqlx::{Row, SqliteConnection};

use crate::store::{Listing, PageQuery, StoredPermission};

const CURSOR: &str = "
    SELECT p.position FROM permissions p JOIN checkpoints c ON c.key = p.checkpoint
    WHERE p.id = ?1 AND c.name = ?2
    UNION ALL
    SELECT d.position FROM deleted_permissions d JOIN checkpoints c ON c.key = d.checkpoint
    WHERE d.id = ?1 AND c.name = ?2";

const ASCENDING: &str = "
    SELECT p.id, p.project_id, p.created_at FROM checkpoints c JOIN permissions p ON p.checkpoint = c.key
    WHERE c.name = ?1 AND p.position > ?2 ORDER BY p.position ASC LIMIT ?3";

const DESCENDING: &str = "
    SELECT p.id, p.project_id, p.created_at FROM checkpoints c JOIN permissions p ON p.checkpoint = c.key
    WHERE c.name = ?1 AND p.position < ?2 ORDER BY p.position DESC LIMIT ?3";

// A checkpoint has at most one permission of a project, so these read one row of an index.
const ASCENDING_OF_PROJECT: &str = "
    SELECT p.id, p.project_id, p.created_at FROM checkpoints c JOIN permissions p ON p.checkpoint = c.key
    WHERE c.name = ?1 AND p.position > ?2 AND p.project_id = ?4 LIMIT ?3";

const DESCENDING_OF_PROJECT: &str = "
    SELECT p.id, p.project_id, p.created_at FROM checkpoints c JOIN permissions p ON p.checkpoint = c.key
    WHERE c.name = ?1 AND p.position < ?2 AND p.project_id = ?4 LIMIT ?3";

/// Reads the page that `query` asks for.
pub(super) async fn page(pool: &SqlitePool, query: &PageQuery) -> Result<Listing, sqlx::Error> {
    let mut connection = pool.acquire().await?;
    let start = match &query.after {
        Some(after) => match cursor(&mut connection, &query.checkpoint, after).await? {
            Some(position) => position,
            None => return Ok(Listing::UnknownCursor),
        },
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
    // One more than asked for tells whether there is more.
    let mut rows = sqlx::query(statement)
        .bind(&query.checkpoint)
        .bind(start)
        .bind(i64::from(query.limit) + 1);
    if let Some(project_id) = &query.project_id {
        rows = rows.bind(project_id);
    }
    let rows = rows.fetch_all(&mut *connection).await?;
    Ok(Listing::cut(
        rows.iter().map(permission).collect::<Result<_, _>>()?,
        query.limit,
    ))
}

/// A row of id, project and time.
pub(super) fn permission(row: &SqliteRow) -> Result<StoredPermission, sqlx::Error> {
    Ok(StoredPermission {
        id: row.try_get(0)?,
        project_id: row.try_get(1)?,
        created_at: row.try_get(2)?,
    })
}

async fn cursor(
    connection: &mut SqliteConnection,
    checkpoint: &str,
    after: &str,
) -> Result<Option<i64>, sqlx::Error> {
    sqlx::query_scalar(CURSOR)
        .bind(after)
        .bind(checkpoint)
        .fetch_optional(connection)
        .await
}
