//! Ids in the path.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;

use super::App;
use super::error::ApiError;
use crate::limits::MAX_ID_BYTES;

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
    let wrong = |message: String| Err(ApiError::invalid("invalid_value", param, message));
    if id.is_empty() {
        return wrong(format!("{param} is empty; give an id"));
    }
    if id.len() > MAX_ID_BYTES {
        return Err(ApiError::invalid(
            "string_above_max_length",
            param,
            format!(
                "{param} is {} bytes long; an id has at most {MAX_ID_BYTES}",
                id.len()
            ),
        ));
    }
    if id == "." || id == ".." {
        return wrong(format!(
            "{param} is '{id}', which a URL cannot carry as an id"
        ));
    }
    if let Some(control) = id.chars().find(|character| character.is_control()) {
        return wrong(format!(
            "{param} holds the control character U+{:04X}; an id has none",
            u32::from(control)
        ));
    }
    Ok(())
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
