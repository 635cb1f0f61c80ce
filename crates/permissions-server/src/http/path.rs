//! Ids in the path.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;

use super::App;
use super::error::ApiError;
use crate::id::{InvalidId, check};

/// The checkpoint whose permissions are meant, percent-decoded and checked.
#[derive(Debug)]
pub(super) struct Checkpoint(pub(super) String);

/// A permission of a checkpoint, percent-decoded and checked.
#[derive(Debug)]
pub(super) struct Permission {
    pub(super) checkpoint: String,
    pub(super) id: String,
}

impl FromRequestParts<Arc<App>> for Checkpoint {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let Path(checkpoint) = Path::<String>::from_request_parts(parts, app)
            .await
            .map_err(undecodable)?;
        check_id("fine_tuned_model_checkpoint", &checkpoint)?;
        Ok(Self(checkpoint))
    }
}

impl FromRequestParts<Arc<App>> for Permission {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let Path((checkpoint, id)) = Path::<(String, String)>::from_request_parts(parts, app)
            .await
            .map_err(undecodable)?;
        check_id("fine_tuned_model_checkpoint", &checkpoint)?;
        check_id("permission_id", &id)?;
        Ok(Self { checkpoint, id })
    }
}

/// Refuses what is no id of any kind; `param` names it.
pub(super) fn check_id(param: &str, id: &str) -> Result<(), ApiError> {
    check(id).map_err(|wrong| {
        let code = match wrong {
            InvalidId::TooLong(_) => "string_above_max_length",
            _ => "invalid_value",
        };
        ApiError::invalid(code, param, format!("{param} {wrong}"))
    })
}

fn undecodable(rejection: PathRejection) -> ApiError {
    ApiError::invalid(
        "invalid_value",
        "fine_tuned_model_checkpoint",
        format!(
            "an id in the path is not percent-encoded UTF-8: {}",
            rejection.body_text()
        ),
    )
}
