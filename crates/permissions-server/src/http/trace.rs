//! What happens around every request: its id, its time, its line in the log.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{Request, State};
use axum::http::HeaderValue;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tracing::Instrument;

use super::App;
use super::error::ApiError;
use crate::id::token;

/// Names the request, bounds its time and logs how it ended. Paths hold ids and no secrets; headers
/// and bodies are never logged.
pub(super) async fn every_request(
    State(app): State<Arc<App>>,
    request: Request,
    next: Next,
) -> Response {
    let start = Instant::now();
    let id = format!("req_{}", token(32).to_ascii_lowercase());
    let span = tracing::info_span!(
        "request",
        id,
        method = %request.method(),
        path = request.uri().path(),
    );
    let answer = tokio::time::timeout(app.limits.request_time, next.run(request));
    let mut response = match answer.instrument(span.clone()).await {
        Ok(response) => response,
        Err(_) => ApiError::took_too_long().into_response(),
    };
    let took = start.elapsed();
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&id) {
        headers.insert("x-request-id", id);
    }
    headers.insert(
        "openai-processing-ms",
        HeaderValue::from(u64::try_from(took.as_millis()).unwrap_or(u64::MAX)),
    );
    span.in_scope(|| {
        tracing::info!(
            status = response.status().as_u16(),
            ms = took.as_secs_f64() * 1000.0,
            "answered"
        );
    });
    response
}
