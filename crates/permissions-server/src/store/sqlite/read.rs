//! Reading a page: one seek to the cursor's position, one scan of the page.

use permissions_api::types::Order;
use rusqlite::{Connection, Row, params};

use crate::store::{Listing, PageQuery, Permission, StoredPermission};

/// Where the permission `?2` of the checkpoint `?1` stands, or stood.
macro_rules! cursor {
    () => {
        "SELECT position FROM permissions
         WHERE id = ?2 AND checkpoint = (SELECT key FROM checkpoints WHERE name = ?1)
         UNION ALL
         SELECT position FROM deleted_permissions
         WHERE id = ?2 AND checkpoint = (SELECT key FROM checkpoints WHERE name = ?1)"
    };
}

/// The statement that reads a page in an order, with or without a project. The cursor is looked up in
/// the same statement, because to begin one costs as much as a lookup. It starts at the position `?4`,
/// or if that is null, at the cursor's.
macro_rules! page {
    ($beyond:literal, $order:literal, $project:literal) => {
        concat!(
            "SELECT id, project_id, created_at FROM permissions
             WHERE checkpoint = (SELECT key FROM checkpoints WHERE name = ?1)
             AND position ",
            $beyond,
            " ifnull(?4, (",
            cursor!(),
            ")) ",
            $project,
            " ORDER BY position ",
            $order,
            " LIMIT ?3"
        )
    };
}

/// Reads the page that `query` asks for.
pub(super) fn page(
    connection: &Connection,
    query: &PageQuery,
    mut each: impl FnMut(Permission<'_>),
) -> Result<Listing, rusqlite::Error> {
    let found = rows(connection, query, &mut each)?;
    if found > 0 || query.after.is_none() {
        return Ok(page_of(found, query));
    }
    if !knows_cursor(connection, query)? {
        return Ok(Listing::UnknownCursor);
    }
    // Usually this was the end of the list. But if the cursor was created between the two statements,
    // the first knew nothing of it; now it is there for good.
    Ok(page_of(rows(connection, query, &mut each)?, query))
}

fn page_of(found: u32, query: &PageQuery) -> Listing {
    Listing::Page {
        has_more: found > query.limit,
    }
}

/// Hands on the permissions of the page and counts them, and one more if there is more.
fn rows(
    connection: &Connection,
    query: &PageQuery,
    each: &mut impl FnMut(Permission<'_>),
) -> Result<u32, rusqlite::Error> {
    let start = match (&query.after, query.order) {
        (Some(_), _) => None,
        (None, Order::Ascending) => Some(i64::MIN),
        (None, Order::Descending) => Some(i64::MAX),
    };
    let PageQuery {
        checkpoint, after, ..
    } = query;
    let count = query.limit + 1;
    let mut statement = connection.prepare_cached(match (query.order, &query.project_id) {
        (Order::Ascending, None) => page!(">", "ASC", ""),
        (Order::Descending, None) => page!("<", "DESC", ""),
        (Order::Ascending, Some(_)) => page!(">", "ASC", "AND project_id = ?5"),
        (Order::Descending, Some(_)) => page!("<", "DESC", "AND project_id = ?5"),
    })?;
    let mut rows = match &query.project_id {
        None => statement.query(params![checkpoint, after, count, start])?,
        Some(project_id) => {
            statement.query(params![checkpoint, after, count, start, project_id])?
        }
    };
    let mut found = 0;
    while let Some(row) = rows.next()? {
        found += 1;
        if found <= query.limit {
            each(Permission {
                id: row.get_ref(0)?.as_str()?,
                project_id: row.get_ref(1)?.as_str()?,
                created_at: row.get(2)?,
            });
        }
    }
    Ok(found)
}

/// Whether the checkpoint has, or had, the permission after which the page starts.
fn knows_cursor(connection: &Connection, query: &PageQuery) -> Result<bool, rusqlite::Error> {
    connection
        .prepare_cached(concat!("SELECT EXISTS (", cursor!(), ")"))?
        .query_row(params![query.checkpoint, query.after], |row| row.get(0))
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
