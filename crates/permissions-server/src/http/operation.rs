//! What operators and tools ask: no key is needed.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use tokio::time::timeout;

use super::App;
use super::error::ApiError;
use crate::store::StoreError;

/// How long the database may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// The process is up. Whether it can serve is `/readyz`'s answer.
pub(super) async fn healthz() -> &'static str {
    "ok\n"
}

/// The database answers.
pub(super) async fn readyz(State(app): State<Arc<App>>) -> Result<&'static str, ApiError> {
    database(&app).await?;
    Ok("ready\n")
}

/// Counts for Prometheus.
pub(super) async fn metrics(State(app): State<Arc<App>>) -> impl IntoResponse {
    let answers = database(&app).await.is_ok();
    (
        [(CONTENT_TYPE, "text/plain; version=0.0.4")],
        app.metrics.render(answers),
    )
}

/// What this server takes and gives.
pub(super) async fn openapi() -> impl IntoResponse {
    (
        [(CONTENT_TYPE, "application/json")],
        include_str!("../../openapi.json"),
    )
}

async fn database(app: &App) -> Result<(), StoreError> {
    timeout(PATIENCE, app.store.ping())
        .await
        .unwrap_or_else(|_| Err(StoreError::silent()))
}
