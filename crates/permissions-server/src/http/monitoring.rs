//! Routes for monitoring, which need no key.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use tokio::time::timeout;

use super::App;
use super::error::ApiError;
use super::response::json_response;
use crate::store::{StoreError, StoreErrorKind};

/// Timeout of a database check.
const PING_TIMEOUT: Duration = Duration::from_secs(2);

/// Responds with 200 as long as the process runs, even if the database does not respond.
pub(super) async fn healthz() -> &'static str {
    "ok\n"
}

/// Responds with 200 if the database responds.
pub(super) async fn readyz(State(app): State<Arc<App>>) -> Result<&'static str, ApiError> {
    ping(&app).await?;
    Ok("ready\n")
}

/// Responds with metrics for Prometheus.
pub(super) async fn metrics(State(app): State<Arc<App>>) -> impl IntoResponse {
    let database_up = ping(&app).await.is_ok();
    let text = app.metrics.render(app.connections.open(), database_up);
    ([(CONTENT_TYPE, "text/plain; version=0.0.4")], text)
}

/// Responds with the OpenAPI document of this server.
pub(super) async fn openapi() -> Response {
    json_response(StatusCode::OK, include_str!("../../openapi.json"))
}

async fn ping(app: &App) -> Result<(), StoreError> {
    timeout(PING_TIMEOUT, app.store.ping())
        .await
        .unwrap_or_else(|_| {
            let message = "the database did not respond in time";
            Err(StoreError::new(StoreErrorKind::Unavailable, message))
        })
}
