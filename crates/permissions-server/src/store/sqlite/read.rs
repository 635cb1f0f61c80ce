//! Reading a page: one seek to the cursor's position, one scan of the page.

use permissions_api::types::Order;
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::store::{Listing, Page, PageQuery, Permission, StoredPermission};

/// The statement that reads a page in an order, with or without a project.
macro_rules! page {
    ($beyond:literal, $order:literal, $project:literal) => {
        concat!(
            "SELECT id, project_id, created_at FROM permissions
             WHERE checkpoint = (SELECT key FROM checkpoints WHERE name = ?1)
             AND position ",
            $beyond,
            " ?2 ",
            $project,
            " ORDER BY position ",
            $order,
            " LIMIT ?3"
        )
    };
}

const CURSOR: &str = "
    WITH c AS (SELECT key FROM checkpoints WHERE name = ?1)
    SELECT position FROM permissions WHERE id = ?2 AND checkpoint = (SELECT key FROM c)
    UNION ALL
    SELECT position FROM deleted_permissions WHERE id = ?2 AND checkpoint = (SELECT key FROM c)";

/// Reads the page that `query` asks for.
pub(super) fn page(connection: &Connection, query: &PageQuery) -> Result<Listing, rusqlite::Error> {
    let start = match &query.after {
        Some(after) => match cursor(connection, &query.checkpoint, after)? {
            Some(position) => position,
            None => return Ok(Listing::UnknownCursor),
        },
        None => match query.order {
            Order::Ascending => i64::MIN,
            Order::Descending => i64::MAX,
        },
    };
    // One more than asked for tells whether there is more.
    let count = i64::from(query.limit) + 1;
    let checkpoint = &query.checkpoint;
    let mut statement = connection.prepare_cached(match (query.order, &query.project_id) {
        (Order::Ascending, None) => page!(">", "ASC", ""),
        (Order::Descending, None) => page!("<", "DESC", ""),
        (Order::Ascending, Some(_)) => page!(">", "ASC", "AND project_id = ?4"),
        (Order::Descending, Some(_)) => page!("<", "DESC", "AND project_id = ?4"),
    })?;
    let mut rows = match &query.project_id {
        None => statement.query(params![checkpoint, start, count])?,
        Some(project_id) => statement.query(params![checkpoint, start, count, project_id])?,
    };
    let mut page = Page::new(query.limit);
    while let Some(row) = rows.next()? {
        page.push(Permission {
            id: row.get_ref(0)?.as_str()?,
            project_id: row.get_ref(1)?.as_str()?,
            created_at: row.get(2)?,
        });
    }
    Ok(Listing::Page(page))
}

/// Whether the database answers.
pub(super) fn ping(connection: &Connection) -> Result<(), rusqlite::Error> {
    connection
        .prepare_cached("SELECT count(*) FROM (SELECT 1 FROM checkpoints LIMIT 1)")?
        .query_row([], |_| Ok(()))
}

/// A permission from `id`, `project_id` and `created_at`.
pub(super) fn permission(row: &Row<'_>) -> Result<StoredPermission, rusqlite::Error> {
    Ok(StoredPermission {
        id: row.get(0)?,
        project_id: row.get(1)?,
        created_at: row.get(2)?,
    })
}

fn cursor(
    connection: &Connection,
    checkpoint: &str,
    after: &str,
) -> Result<Option<i64>, rusqlite::Error> {
    connection
        .prepare_cached(CURSOR)?
        .query_row(params![checkpoint, after], |row| row.get(0))
        .optional()
}
