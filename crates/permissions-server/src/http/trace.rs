//! Request ids, time limits, metrics and logs of every request.

use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{AUTHORIZATION, DATE};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tracing::Instrument;

use super::body::read_body;
use super::check::check;
use super::error::ApiError;
use super::fault::DropConnection;
use super::{App, PERMISSION, PERMISSIONS, PROJECTS};
use crate::id::request_id;
use crate::record::RecordedRequest;

/// Runs a request with a time limit, and counts, logs and records its result. The log contains the paths of requests.
/// Paths contain ids, but no secrets. The log never contains headers or bodies.
pub(super) async fn every_request(
    State(app): State<Arc<App>>,
    request: Request,
    next: Next,
) -> Response {
    let start = Instant::now();
    let id = request_id();
    let operation = operation(&request);
    let span = tracing::info_span!(
        "request",
        id,
        method = %request.method(),
        path = request.uri().path(),
    );
    let mut recorded = None;
    let respond = async {
        check(&request)?;
        let request = if app.recorded.is_some() {
            let (request, record) = record(request, &app).await?;
            recorded = Some(record);
            request
        } else {
            request
        };
        Ok(next.run(request).await)
    };
    let result = tokio::time::timeout(app.limits.request_time, respond);
    let result = result.instrument(span.clone()).await.unwrap_or_else(|_| {
        let message =
            "the server did not complete the request in time; a write may still take effect";
        let status = StatusCode::SERVICE_UNAVAILABLE;
        Err(ApiError::new(status, "timeout", message))
    });
    let mut response = result.unwrap_or_else(ApiError::into_response);
    let duration = start.elapsed();
    let status = match response.extensions().get::<DropConnection>() {
        Some(_) => 0,
        None => response.status().as_u16(),
    };
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&id) {
        headers.insert("x-request-id", id);
    }
    if let Some(date) = app.clock.date() {
        headers.insert(DATE, date);
    }
    let millis = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    headers.insert("openai-processing-ms", millis.into());
    app.metrics.count(operation, status, duration);
    if let (Some(all), Some(recorded)) = (&app.recorded, recorded) {
        all.lock().push(RecordedRequest { status, ..recorded });
    }
    let ms = duration.as_micros() as f64 / 1000.0;
    span.in_scope(|| tracing::info!(status, ms, "answered"));
    response
}

/// The name of the operation in metrics.
fn operation(request: &Request) -> &'static str {
    let route = request.extensions().get::<MatchedPath>();
    match (request.method(), route.map(MatchedPath::as_str)) {
        (&Method::GET, Some(PERMISSIONS)) => "list",
        (&Method::POST, Some(PERMISSIONS)) => "create",
        (&Method::DELETE, Some(PERMISSION)) => "delete",
        (&Method::GET, Some(PROJECTS)) => "list_projects",
        _ => "other",
    }
}

/// Records a request. Reads the body and returns the request with the same body.
async fn record(request: Request, app: &App) -> Result<(Request, RecordedRequest), ApiError> {
    let mut headers: Vec<(String, String)> = request
        .headers()
        .iter()
        .map(|(name, value)| {
            let value = match *name {
                AUTHORIZATION => "…".into(),
                _ => String::from_utf8_lossy(value.as_bytes()),
            };
            (name.to_string(), value.into_owned())
        })
        .collect();
    headers.sort();
    let (parts, body) = request.into_parts();
    let request = Request::from_parts(parts.clone(), body);
    let body = read_body(request, &app.limits).await?;
    let recorded = RecordedRequest {
        method: parts.method.to_string(),
        path: parts.uri.to_string(),
        headers,
        body: String::from_utf8_lossy(&body).into_owned(),
        status: 0,
    };
    Ok((Request::from_parts(parts, Body::from(body)), recorded))
}
