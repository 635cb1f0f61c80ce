//! Authentication and rate limits.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::{AUTHORIZATION, HeaderMap, RETRY_AFTER};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::App;
use super::error::ApiError;
use crate::keys::{Hash, Role};
use crate::rate::Allowance;

/// Runs a request if its key is an admin key within its rate limit. Otherwise responds with 401, 403 or 429.
pub(super) async fn require_admin(
    State(app): State<Arc<App>>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let hash = identify(&app, request.headers())?;
    let Some(limit) = &app.rate_limit else {
        return Ok(next.run(request).await);
    };
    let allowance = limit.take(hash, Instant::now());
    let mut response = match allowance.retry_after {
        Some(wait) => {
            let millis = wait.as_millis().max(1);
            let message = format!(
                "this key has sent too many requests; wait {millis} ms before the next one"
            );
            let status = StatusCode::TOO_MANY_REQUESTS;
            ApiError::new(status, "rate_limit_exceeded", message).into_response()
        }
        None => next.run(request).await,
    };
    add_rate_headers(response.headers_mut(), allowance);
    Ok(response)
}

/// Returns the hash of the admin key of a request.
fn identify(app: &App, headers: &HeaderMap) -> Result<Hash, ApiError> {
    let key = headers
        .get(AUTHORIZATION)
        .and_then(|header| bearer(header.as_bytes()));
    let (status, code, message) = match key.map(|key| app.keys.identify(key)) {
        Some(Some((Role::Admin, hash))) => return Ok(hash),
        Some(Some((Role::Project, _))) => (
            StatusCode::FORBIDDEN,
            "insufficient_permissions",
            "this is the API key of a project; send an admin API key",
        ),
        Some(None) => (
            StatusCode::UNAUTHORIZED,
            "invalid_api_key",
            "this server does not know the API key; check the key and the base URL",
        ),
        None => (
            StatusCode::UNAUTHORIZED,
            "missing_api_key",
            "the request has no API key; send an admin key as `Authorization: Bearer KEY`",
        ),
    };
    Err(ApiError::new(status, code, message))
}

/// Returns the key in `Bearer KEY`. The scheme is case-insensitive.
fn bearer(header: &[u8]) -> Option<&[u8]> {
    let (scheme, rest) = header.split_at_checked(7)?;
    let key = rest.trim_ascii();
    (scheme.eq_ignore_ascii_case(b"bearer ") && !key.is_empty()).then_some(key)
}

fn add_rate_headers(headers: &mut HeaderMap, allowance: Allowance) {
    headers.insert("x-ratelimit-limit-requests", allowance.limit.into());
    headers.insert("x-ratelimit-remaining-requests", allowance.remaining.into());
    if let Ok(reset) = format_duration(allowance.reset).try_into() {
        headers.insert("x-ratelimit-reset-requests", reset);
    }
    if let Some(wait) = allowance.retry_after {
        let millis = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        headers.insert("retry-after-ms", millis.max(1).into());
        // `Retry-After` is in whole seconds. The time is rounded up, because an earlier retry would be refused again.
        headers.insert(RETRY_AFTER, (wait.as_secs() + 1).into());
    }
}

/// Formats a duration as the API does: `6m0s`, `1.500s`, `20ms`.
fn format_duration(duration: Duration) -> String {
    let (minutes, seconds) = (duration.as_secs() / 60, duration.as_secs() % 60);
    let millis = duration.subsec_millis();
    match (minutes, seconds, millis) {
        (0, 0, millis) => format!("{millis}ms"),
        (0, seconds, 0) => format!("{seconds}s"),
        (0, seconds, millis) => format!("{seconds}.{millis:03}s"),
        (minutes, seconds, _) => format!("{minutes}m{seconds}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_bearer_keys_are_accepted() {
        assert_eq!(bearer(b"Bearer sk-1"), Some(b"sk-1".as_slice()));
        assert_eq!(bearer(b"bearer  sk-1 "), Some(b"sk-1".as_slice()));
        assert_eq!(bearer(b"Basic c2stMQ=="), None);
        assert_eq!(bearer(b"Bearer "), None);
        assert_eq!(bearer(b"Bear"), None);
        assert_eq!(bearer(b""), None);
    }

    #[test]
    fn durations_are_formatted_as_the_api_does() {
        assert_eq!(format_duration(Duration::from_millis(20)), "20ms");
        assert_eq!(format_duration(Duration::from_secs(1)), "1s");
        assert_eq!(format_duration(Duration::from_millis(1500)), "1.500s");
        assert_eq!(format_duration(Duration::from_secs(360)), "6m0s");
    }
}
