//! The operations over HTTP.

mod auth;
mod body;
mod error;
mod path;
mod permissions;
mod query;
mod response;
mod trace;

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::routing::{delete, get};

use crate::clock::Clock;
use crate::keys::Keys;
use crate::limits::Limits;
use crate::store::Store;
use error::ApiError;

/// What every request may use.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) store: Store,
    pub(crate) keys: Keys,
    pub(crate) clock: Clock,
    pub(crate) limits: Limits,
}

/// All routes.
pub(crate) fn router(app: Arc<App>) -> Router {
    let permissions = "/v1/fine_tuning/checkpoints/{fine_tuned_model_checkpoint}/permissions";
    let permission =
        "/v1/fine_tuning/checkpoints/{fine_tuned_model_checkpoint}/permissions/{permission_id}";
    Router::new()
        .route(
            permissions,
            get(permissions::list).post(permissions::create),
        )
        .route(permission, delete(permissions::delete))
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .fallback(|request: axum::extract::Request| async move {
            ApiError::unknown_url(request.method(), request.uri().path())
        })
        .method_not_allowed_fallback(|request: axum::extract::Request| async move {
            ApiError::method_not_allowed(request.method(), request.uri().path())
        })
        .layer(axum::middleware::from_fn_with_state(
            Arc::clone(&app),
            trace::every_request,
        ))
        .with_state(app)
}

/// The process is up. Whether it can serve is `/readyz`'s answer.
async fn healthz() -> &'static str {
    "ok\n"
}

/// The database answers.
async fn readyz(State(app): State<Arc<App>>) -> Result<&'static str, ApiError> {
    app.store.ping().await?;
    Ok("ready\n")
}
