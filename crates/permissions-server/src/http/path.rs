//! The ids in the path.

use axum::extract::Path;
use axum::extract::rejection::PathRejection;

use super::error::ApiError;
use crate::id::check;
use crate::limits::MAX_ID_BYTES;

/// The parameters of the paths.
const NAMES: [&str; 2] = ["fine_tuned_model_checkpoint", "permission_id"];

/// The decoded ids of a path with `N` parameters.
pub(super) type PathIds<const N: usize> = Result<Path<[String; N]>, PathRejection>;

/// Returns the ids of a path. Fails if one is invalid.
pub(super) fn ids<const N: usize>(path: PathIds<N>) -> Result<[String; N], ApiError> {
    let Path(ids) = path.map_err(|rejection| {
        let message = format!("an id in the path is not UTF-8: {}", rejection.body_text());
        ApiError::invalid("invalid_value", NAMES[0], message)
    })?;
    for (name, id) in NAMES.iter().zip(&ids) {
        check_id(name, id)?;
    }
    Ok(ids)
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
