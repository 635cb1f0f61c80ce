//! The three operations.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::App;
use super::body::ProjectIds;
use super::error::ApiError;
use super::list::List;
use super::path::{Checkpoint, Permission};
use super::query::ListParams;
use super::response::{Deleted, json};
use crate::store::{Creation, Deletion, Listing, PageQuery};

pub(super) async fn list(
    State(app): State<Arc<App>>,
    Checkpoint(checkpoint): Checkpoint,
    params: ListParams,
) -> Result<Response, ApiError> {
    let query = PageQuery {
        checkpoint,
        after: params.after,
        limit: params.limit,
        order: params.order,
        project_id: params.project_id,
    };
    let mut list = List::with_capacity(query.limit as usize);
    match app.store.list(&query, |found| list.push(found)).await? {
        Listing::Page { has_more } => Ok(list.finish(has_more)),
        Listing::UnknownCursor => Err(ApiError::invalid(
            "invalid_value",
            "after",
            format!(
                "checkpoint '{}' never had a permission '{}'; give the last_id of a page of it",
                query.checkpoint,
                query.after.unwrap_or_default(),
            ),
        )),
    }
}

pub(super) async fn create(
    State(app): State<Arc<App>>,
    Checkpoint(checkpoint): Checkpoint,
    ProjectIds(project_ids): ProjectIds,
) -> Result<Response, ApiError> {
    let creation = Creation {
        checkpoint,
        project_ids,
        created_at: app.clock.now(),
    };
    let permissions = app.store.create(creation).await?;
    let mut list = List::with_capacity(permissions.len());
    for permission in &permissions {
        list.push(permission.borrowed());
    }
    Ok(list.finish(false))
}

pub(super) async fn delete(
    State(app): State<Arc<App>>,
    Permission { checkpoint, id }: Permission,
) -> Result<Response, ApiError> {
    let deletion = Deletion {
        checkpoint,
        permission_id: id,
        deleted_at: app.clock.now(),
    };
    if app.store.delete(deletion.clone()).await? {
        Ok(json(StatusCode::OK, &Deleted::new(&deletion.permission_id)))
    } else {
        Err(ApiError::unknown_permission(
            &deletion.checkpoint,
            &deletion.permission_id,
        ))
    }
}
