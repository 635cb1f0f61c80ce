//! What happens around every request: its id, its time, its line in the log.

use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{AUTHORIZATION, DATE};
use axum::http::{HeaderValue, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tracing::Instrument;

use super::body::read_body;
use super::error::ApiError;
use super::fault::DropConnection;
use super::{App, PERMISSION, PERMISSIONS};
use crate::id::request_id;
use crate::record::RecordedRequest;

/// Names the request, bounds its time, counts it and logs how it ended. Paths hold ids and no
/// secrets; headers and bodies are never logged.
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
    let answer = async {
        let request = match &app.recorder {
            None => request,
            Some(_) => match record(request, &app).await {
                Ok((request, record)) => {
                    recorded = Some(record);
                    request
                }
                Err(error) => return error.into_response(),
            },
        };
        next.run(request).await
    };
    let answer = tokio::time::timeout(app.limits.request_time, answer);
    let mut response = match answer.instrument(span.clone()).await {
        Ok(response) => response,
        Err(_) => ApiError::took_too_long().into_response(),
    };
    let took = start.elapsed();
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
    headers.insert(
        "openai-processing-ms",
        HeaderValue::from(u64::try_from(took.as_millis()).unwrap_or(u64::MAX)),
    );
    app.metrics.answered(operation, status, took);
    if let (Some(recorder), Some(recorded)) = (&app.recorder, recorded) {
        recorder.push(RecordedRequest { status, ..recorded });
    }
    span.in_scope(|| {
        tracing::info!(status, ms = took.as_secs_f64() * 1000.0, "answered");
    });
    response
}

/// The name by which metrics know a request.
fn operation(request: &Request) -> &'static str {
    let route = request.extensions().get::<MatchedPath>();
    match (request.method(), route.map(MatchedPath::as_str)) {
        (&Method::GET, Some(PERMISSIONS)) => "list",
        (&Method::POST, Some(PERMISSIONS)) => "create",
        (&Method::DELETE, Some(PERMISSION)) => "delete",
        _ => "other",
    }
}

/// Reads the body for the record and puts it back.
async fn record(request: Request, app: &App) -> Result<(Request, RecordedRequest), ApiError> {
    let (parts, body) = request.into_parts();
    let body = read_body(body, &app.limits).await?;
    let mut headers: Vec<(String, String)> = parts
        .headers
        .iter()
        .map(|(name, value)| {
            let value = match *name {
                AUTHORIZATION => "…".to_owned(),
                _ => String::from_utf8_lossy(value.as_bytes()).into_owned(),
            };
            (name.to_string(), value)
        })
        .collect();
    headers.sort();
    let recorded = RecordedRequest {
        method: parts.method.to_string(),
        path: parts.uri.to_string(),
        headers,
        body: String::from_utf8_lossy(&body).into_owned(),
        status: 0,
    };
    Ok((Request::from_parts(parts, Body::from(body)), recorded))
}
