//! The ids in the path.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;

use super::App;
use super::error::ApiError;
use crate::id::check;
use crate::limits::MAX_ID_BYTES;

/// The id of a checkpoint, decoded and checked.
#[derive(Debug)]
pub(super) struct CheckpointPath(pub(super) String);

/// The ids of a checkpoint and one of its permissions, decoded and checked.
#[derive(Debug)]
pub(super) struct PermissionPath {
    pub(super) checkpoint: String,
    pub(super) id: String,
}

impl FromRequestParts<Arc<App>> for CheckpointPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let path = Path::<String>::from_request_parts(parts, app).await;
        let Path(checkpoint) = path.map_err(not_utf8)?;
        check_id("fine_tuned_model_checkpoint", &checkpoint)?;
        Ok(Self(checkpoint))
    }
}

impl FromRequestParts<Arc<App>> for PermissionPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let path = Path::<(String, String)>::from_request_parts(parts, app).await;
        let Path((checkpoint, id)) = path.map_err(not_utf8)?;
        check_id("fine_tuned_model_checkpoint", &checkpoint)?;
        check_id("permission_id", &id)?;
        Ok(Self { checkpoint, id })
    }
}

/// Fails if `id` is not a valid id. The error names `param`.
pub(super) fn check_id(param: &str, id: &str) -> Result<(), ApiError> {
    let code = if id.len() > MAX_ID_BYTES {
        "string_above_max_length"
    } else {
        "invalid_value"
    };
    check(id).map_err(|reason| ApiError::invalid(code, param, format!("{param} {reason}")))
}

fn not_utf8(rejection: PathRejection) -> ApiError {
    let message = format!("an id in the path is not UTF-8: {}", rejection.body_text());
    ApiError::invalid("invalid_value", "fine_tuned_model_checkpoint", message)
}
