//! Reading a page: one seek to the cursor's position, one scan of the page.

use permissions_api::types::Order;
use rusqlite::{Connection, Row, params};

use crate::store::{Listing, PageQuery, Permission, StoredPermission};

/// The place where the permission `?2` of the checkpoint `c` stands, or stood.
macro_rules! cursor {
    () => {
        "SELECT place FROM permissions WHERE id = ?2 AND place >> 36 = c.key
         UNION ALL
         SELECT place FROM deleted_permissions WHERE id = ?2 AND place >> 36 = c.key"
    };
}

/// The statement that reads a page, from one end of the checkpoint to the other, or if `?2` is not null,
/// from that cursor on. The cursor is looked up in the same statement, because to begin one costs as
/// much as a lookup.
macro_rules! page {
    (ascending, $project:literal) => {
        page!(
            ">",
            "c.key << 36",
            "<",
            "(c.key + 1) << 36",
            "ASC",
            $project
        )
    };
    (descending, $project:literal) => {
        page!(
            "<",
            "(c.key + 1) << 36",
            ">",
            "c.key << 36",
            "DESC",
            $project
        )
    };
    ($after:literal, $start:literal, $before:literal, $end:literal, $order:literal, $project:literal) => {
        concat!(
            "SELECT p.id, p.project_id, p.created_at
             FROM checkpoints AS c CROSS JOIN permissions AS p
             WHERE c.name = ?1 AND p.place ",
            $after,
            " iif(?2 IS NULL, ",
            $start,
            ", (",
            cursor!(),
            ")) AND p.place ",
            $before,
            " ",
            $end,
            " ",
            $project,
            " ORDER BY p.place ",
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
    let PageQuery {
        checkpoint, after, ..
    } = query;
    let count = query.limit + 1;
    let mut statement = connection.prepare_cached(match (query.order, &query.project_id) {
        (Order::Ascending, None) => page!(ascending, ""),
        (Order::Descending, None) => page!(descending, ""),
        (Order::Ascending, Some(_)) => {
            page!(ascending, "AND p.checkpoint = c.key AND p.project_id = ?4")
        }
        (Order::Descending, Some(_)) => {
            page!(descending, "AND p.checkpoint = c.key AND p.project_id = ?4")
        }
    })?;
    let mut rows = match &query.project_id {
        None => statement.query(params![checkpoint, after, count])?,
        Some(project_id) => statement.query(params![checkpoint, after, count, project_id])?,
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
        .prepare_cached(concat!(
            "SELECT EXISTS (SELECT 1 FROM checkpoints AS c WHERE name = ?1 AND EXISTS (",
            cursor!(),
            "))"
        ))?
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
