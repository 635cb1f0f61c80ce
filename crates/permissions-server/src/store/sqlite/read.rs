//! Reads a page: one search for the position of the cursor, then one scan.

use std::sync::LazyLock;

use rusqlite::{Connection, Row, params};

use crate::store::projects::{EXISTS, PAGE};
use crate::store::{Order, PageQuery, Permission, Project, ProjectQuery};

/// SQL that selects the place (the checkpoint key and the position as one number) of the permission `?2` of the checkpoint
/// `c`, even if the permission has been deleted.
const CURSOR: &str = "
    SELECT place FROM permissions WHERE id = ?2 AND place >> 36 = c.key
    UNION ALL
    SELECT place FROM deleted_permissions WHERE id = ?2 AND place >> 36 = c.key";

/// The SQL of a page in ascending and descending order, each without and with a project filter.
static PAGES: LazyLock<[[String; 2]; 2]> = LazyLock::new(|| {
    [Order::Ascending, Order::Descending]
        .map(|order| [false, true].map(|of_project| statement(order, of_project)))
});

/// Reads the page that `query` describes and calls `each` with its permissions. Returns whether there is another page, or
/// `None` if the cursor is unknown.
pub(in crate::store) fn page(
    connection: &Connection,
    query: &PageQuery,
    mut each: impl FnMut(Permission<&str>),
) -> Result<Option<bool>, rusqlite::Error> {
    let mut found = rows(connection, query, &mut each)?;
    if found == 0 && query.after.is_some() {
        if !is_known_cursor(connection, query)? {
            return Ok(None);
        }
        // An empty page usually means the end of the list. But the cursor may have been created between the read and
        // the check of the cursor, so the page is read again.
        found = rows(connection, query, &mut each)?;
    }
    Ok(Some(found > query.limit))
}

/// Calls `each` with the permissions of the page. Returns their number, plus one if there is another page.
fn rows(
    connection: &Connection,
    query: &PageQuery,
    each: &mut impl FnMut(Permission<&str>),
) -> Result<u32, rusqlite::Error> {
    let PageQuery {
        checkpoint, after, ..
    } = query;
    let count = query.limit + 1;
    let of_project = usize::from(query.project_id.is_some());
    let mut statement = connection.prepare_cached(&PAGES[query.order as usize][of_project])?;
    let mut rows = match &query.project_id {
        None => statement.query(params![checkpoint, after, count])?,
        Some(project_id) => statement.query(params![checkpoint, after, count, project_id])?,
    };
    let mut found = 0;
    while let Some(row) = rows.next()? {
        found += 1;
        if found <= query.limit {
            each(permission(row)?);
        }
    }
    Ok(found)
}

/// Returns the SQL of a page. It includes the search for the cursor, because starting a second statement takes as long
/// as the search.
fn statement(order: Order, of_project: bool) -> String {
    let (lower, upper) = ("c.key << 36", "(c.key + 1) << 36");
    let (after, start, before, end, direction) = match order {
        Order::Ascending => (">", lower, "<", upper, "ASC"),
        Order::Descending => ("<", upper, ">", lower, "DESC"),
    };
    let project = if of_project {
        "AND p.checkpoint = c.key AND p.project_id = ?4"
    } else {
        ""
    };
    format!(
        "SELECT p.id, p.project_id, p.created_at
         FROM checkpoints AS c CROSS JOIN permissions AS p
         WHERE c.name = ?1
         AND p.place {after} iif(?2 IS NULL, {start}, ({CURSOR})) AND p.place {before} {end} {project}
         ORDER BY p.place {direction} LIMIT ?3"
    )
}

/// Whether the checkpoint has or had the permission in `query.after`.
fn is_known_cursor(connection: &Connection, query: &PageQuery) -> Result<bool, rusqlite::Error> {
    let sql = format!(
        "SELECT EXISTS (SELECT 1 FROM checkpoints AS c WHERE name = ?1 AND EXISTS ({CURSOR}))"
    );
    connection
        .prepare_cached(&sql)?
        .query_row(params![query.checkpoint, query.after], |row| row.get(0))
}

/// Reads a page of projects. Returns `None` if the cursor is unknown.
pub(in crate::store) fn projects(
    connection: &Connection,
    query: &ProjectQuery,
) -> Result<Option<Vec<Project>>, rusqlite::Error> {
    let parameters = params![query.after, query.include_archived, query.limit + 1];
    let page = connection
        .prepare_cached(PAGE)?
        .query_map(parameters, |row| {
            Ok(Project {
                id: row.get(0)?,
                name: row.get(1)?,
                created_at: row.get(2)?,
                archived_at: row.get(3)?,
            })
        })?
        .collect::<Result<Vec<_>, _>>()?;
    let is_known = match &query.after {
        Some(after) if page.is_empty() => {
            connection.query_row(EXISTS, [after], |row| row.get(0))?
        }
        _ => true,
    };
    Ok(is_known.then_some(page))
}

/// Checks that the database responds.
pub(in crate::store) fn ping(connection: &Connection) -> Result<(), rusqlite::Error> {
    connection
        .prepare_cached("SELECT count(*) FROM (SELECT 1 FROM checkpoints LIMIT 1)")?
        .query_row([], |_| Ok(()))
}

/// Reads a permission from the columns `id`, `project_id` and `created_at`.
pub(super) fn permission<'a>(row: &'a Row<'_>) -> Result<Permission<&'a str>, rusqlite::Error> {
    Ok(Permission {
        id: row.get_ref(0)?.as_str()?,
        project_id: row.get_ref(1)?.as_str()?,
        created_at: row.get(2)?,
    })
}
