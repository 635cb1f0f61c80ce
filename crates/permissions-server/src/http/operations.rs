//! The three operations.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;

use super::App;
use super::body::ProjectIds;
use super::error::ApiError;
use super::list::List;
use super::path::{CheckpointPath, PermissionPath};
use super::query::ListParams;
use super::response::{json_response, to_json};
use crate::store::{Creation, Deletion, PageQuery, PageResult};

pub(super) async fn list(
    State(app): State<Arc<App>>,
    CheckpointPath(checkpoint): CheckpointPath,
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
    let result = app.store.list(&query, |permission| list.push(&permission));
    match result.await? {
        PageResult::Page { has_more } => Ok(list.finish(has_more)),
        PageResult::UnknownCursor => {
            let message = format!(
                "checkpoint '{}' never had a permission '{}'; send the last_id of one of its pages",
                query.checkpoint,
                query.after.unwrap_or_default(),
            );
            Err(ApiError::invalid("invalid_value", "after", message))
        }
    }
}

pub(super) async fn create(
    State(app): State<Arc<App>>,
    CheckpointPath(checkpoint): CheckpointPath,
    ProjectIds(project_ids): ProjectIds,
) -> Result<Response, ApiError> {
    let creation = Creation {
        checkpoint,
        project_ids,
        created_at: app.clock.now(),
    };
    let permissions = app.store.create(creation).await?;
    let mut list = List::with_capacity(permissions.len());
    permissions
        .iter()
        .for_each(|permission| list.push(permission));
    Ok(list.finish(false))
}

pub(super) async fn delete(
    State(app): State<Arc<App>>,
    PermissionPath { checkpoint, id }: PermissionPath,
) -> Result<Response, ApiError> {
    #[derive(Serialize)]
    struct Deleted<'a> {
        object: &'static str,
        id: &'a str,
        deleted: bool,
    }
    let deletion = Deletion {
        checkpoint: checkpoint.clone(),
        permission_id: id.clone(),
        deleted_at: app.clock.now(),
    };
    if !app.store.delete(deletion).await? {
        let message = format!("checkpoint '{checkpoint}' has no permission '{id}'");
        let error = ApiError::new(StatusCode::NOT_FOUND, "not_found", message);
        return Err(error.param("permission_id"));
    }
    let body = to_json(&Deleted {
        object: "checkpoint.permission",
        id: &id,
        deleted: true,
    });
    Ok(json_response(StatusCode::OK, body))
}
