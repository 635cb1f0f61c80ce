//! The operations of the API.

use std::sync::Arc;

use axum::extract::{RawQuery, Request, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::error::ApiError;
use super::list::List;
use super::path::PathIds;
use super::response::{json_response, to_json};
use super::{App, body, path, query};
use crate::store::{Creation, Deletion};

pub(super) async fn list(
    State(app): State<Arc<App>>,
    path: PathIds<1>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let [checkpoint] = path::ids(path)?;
    let query = query::parse(checkpoint, &query.unwrap_or_default())?;
    let mut list = List::with_capacity(query.limit as usize);
    let has_more = app.store.list(&query, |permission| list.push(&permission));
    let Some(has_more) = has_more.await? else {
        let message = format!(
            "checkpoint '{}' never had a permission '{}'; set `after` to the last_id of a page",
            query.checkpoint,
            query.after.unwrap_or_default(),
        );
        return Err(ApiError::invalid("invalid_value", "after", message));
    };
    Ok(list.finish(has_more))
}

pub(super) async fn list_projects(
    State(app): State<Arc<App>>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let query = query::parse_projects(&query.unwrap_or_default())?;
    let Some(projects) = app.store.projects(&query).await? else {
        let after = query.after.unwrap_or_default();
        let message =
            format!("there is no project '{after}'; set `after` to the last_id of a page");
        return Err(ApiError::invalid("invalid_value", "after", message));
    };
    let limit = query.limit as usize;
    let mut list = List::with_capacity(limit);
    for project in projects.iter().take(limit) {
        list.push_project(project);
    }
    Ok(list.finish(projects.len() > limit))
}

pub(super) async fn create(
    State(app): State<Arc<App>>,
    path: PathIds<1>,
    request: Request,
) -> Result<Response, ApiError> {
    let [checkpoint] = path::ids(path)?;
    let creation = Creation {
        checkpoint,
        project_ids: body::project_ids(request, &app.limits).await?,
        created_at: app.clock.now(),
        ids: app.ids,
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
    path: PathIds<2>,
) -> Result<Response, ApiError> {
    let [checkpoint, id] = path::ids(path)?;
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
    let id = to_json(&id);
    let body = format!(r#"{{"object":"checkpoint.permission","id":{id},"deleted":true}}"#);
    Ok(json_response(StatusCode::OK, body))
}
