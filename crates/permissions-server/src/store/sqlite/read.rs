//! Reading a page: one seek to the cursor's position, one scan of the page.

use permissions_api::types::Order;
use rusqlite::{Connection, OptionalExtension, Row, named_params};

use crate::store::{Listing, PageQuery, StoredPermission};

/// The statement that reads a page in an order, with or without a project.
macro_rules! page {
    ($beyond:literal, $order:literal, $project:literal) => {
        concat!(
            "SELECT id, project_id, created_at FROM permissions
             WHERE checkpoint = (SELECT key FROM checkpoints WHERE name = :checkpoint)
             AND position ",
            $beyond,
            " :start ",
            $project,
            " ORDER BY position ",
            $order,
            " LIMIT :count"
        )
    };
}

const CURSOR: &str = "
    WITH c AS (SELECT key FROM checkpoints WHERE name = :checkpoint)
    SELECT position FROM permissions WHERE id = :after AND checkpoint = (SELECT key FROM c)
    UNION ALL
    SELECT position FROM deleted_permissions WHERE id = :after AND checkpoint = (SELECT key FROM c)";

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
    let found: Result<Vec<_>, _> = match &query.project_id {
        None => connection
            .prepare_cached(match query.order {
                Order::Ascending => page!(">", "ASC", ""),
                Order::Descending => page!("<", "DESC", ""),
            })?
            .query_map(
                named_params! {":checkpoint": checkpoint, ":start": start, ":count": count},
                permission,
            )?
            .collect(),
        Some(project_id) => connection
            .prepare_cached(match query.order {
                Order::Ascending => page!(">", "ASC", "AND project_id = :project"),
                Order::Descending => page!("<", "DESC", "AND project_id = :project"),
            })?
            .query_map(
                named_params! {
                    ":checkpoint": checkpoint, ":start": start, ":project": project_id, ":count": count,
                },
                permission,
            )?
            .collect(),
    };
    Ok(Listing::cut(found?, query.limit))
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
        .query_row(
            named_params! {":checkpoint": checkpoint, ":after": after},
            |row| row.get(0),
        )
        .optional()
}
