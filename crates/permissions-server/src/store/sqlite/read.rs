//! Reading a page: one seek to the cursor's position, one scan of the page, one row as the answer.
//!
//! Each row that sqlx hands over costs more than what is in it, so a page comes as one text. No id
//! holds a control character, so two of them separate fields and permissions.

use permissions_api::types::Order;
use sqlx::SqliteConnection;

use crate::store::{Listing, PageQuery, StoredPermission};

const FIELD: char = '\u{1f}';
const RECORD: char = '\u{1e}';

/// The statement that reads a page in an order, with or without a project.
macro_rules! page {
    ($beyond:literal, $order:literal, $project:literal) => {
        concat!(
            "WITH c AS (SELECT key FROM checkpoints WHERE name = ?1), page AS (
                SELECT position, id || x'1f' || project_id || x'1f' || created_at AS permission
                FROM permissions
                WHERE checkpoint = (SELECT key FROM c) AND position ",
            $beyond,
            " ?2 ",
            $project,
            " ORDER BY position ",
            $order,
            " LIMIT ?3
            )
            SELECT group_concat(permission, x'1e' ORDER BY position ",
            $order,
            ") FROM page"
        )
    };
}

const CURSOR: &str = "
    WITH c AS (SELECT key FROM checkpoints WHERE name = ?2)
    SELECT position FROM permissions WHERE id = ?1 AND checkpoint = (SELECT key FROM c)
    UNION ALL
    SELECT position FROM deleted_permissions WHERE id = ?1 AND checkpoint = (SELECT key FROM c)";

/// Reads the page that `query` asks for.
pub(super) async fn page(
    connection: &mut SqliteConnection,
    query: &PageQuery,
) -> Result<Listing, sqlx::Error> {
    let start = match &query.after {
        Some(after) => match cursor(connection, &query.checkpoint, after).await? {
            Some(position) => position,
            None => return Ok(Listing::UnknownCursor),
        },
        None => match query.order {
            Order::Ascending => i64::MIN,
            Order::Descending => i64::MAX,
        },
    };
    let statement = match (query.order, &query.project_id) {
        (Order::Ascending, None) => page!(">", "ASC", ""),
        (Order::Descending, None) => page!("<", "DESC", ""),
        (Order::Ascending, Some(_)) => page!(">", "ASC", "AND project_id = ?4"),
        (Order::Descending, Some(_)) => page!("<", "DESC", "AND project_id = ?4"),
    };
    // One more than asked for tells whether there is more.
    let mut found = sqlx::query_scalar(statement)
        .bind(&query.checkpoint)
        .bind(start)
        .bind(i64::from(query.limit) + 1);
    if let Some(project_id) = &query.project_id {
        found = found.bind(project_id);
    }
    let text: Option<String> = found.fetch_one(connection).await?;
    let permissions = match &text {
        Some(text) => text.split(RECORD).map(permission).collect::<Option<_>>(),
        None => Some(Vec::new()),
    };
    permissions
        .map(|permissions| Listing::cut(permissions, query.limit))
        .ok_or_else(|| sqlx::Error::Protocol("a page that holds no permissions".to_owned()))
}

fn permission(record: &str) -> Option<StoredPermission> {
    let mut fields = record.split(FIELD);
    let permission = StoredPermission {
        id: fields.next()?.to_owned(),
        project_id: fields.next()?.to_owned(),
        created_at: fields.next()?.parse().ok()?,
    };
    fields.next().is_none().then_some(permission)
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
