//! The ids in the path.

use axum::extract::Path;
use axum::extract::rejection::PathRejection;

use super::error::ApiError;
use crate::id::check;
use crate::limits::MAX_ID_BYTES;

/// The decoded ids of a path.
pub(super) type PathIds<T> = Result<Path<T>, PathRejection>;

/// Returns the id of the checkpoint in a path.
pub(super) fn checkpoint(path: PathIds<String>) -> Result<String, ApiError> {
    let Path(checkpoint) = path.map_err(not_utf8)?;
    check_id("fine_tuned_model_checkpoint", &checkpoint)?;
    Ok(checkpoint)
}

/// Returns the ids of the checkpoint and the permission in a path.
pub(super) fn permission(path: PathIds<(String, String)>) -> Result<(String, String), ApiError> {
    let Path((checkpoint, id)) = path.map_err(not_utf8)?;
    check_id("fine_tuned_model_checkpoint", &checkpoint)?;
    check_id("permission_id", &id)?;
    Ok((checkpoint, id))
}

/// Fails if `id` is invalid. `param` is the parameter in the error response.
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
