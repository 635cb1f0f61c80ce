//! Who asks, and how often.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::App;
use super::error::ApiError;
use crate::keys::{Known, Role};
use crate::rate::Allowance;

/// Lets a request through to an operation if its key is an admin key with requests left.
pub(super) async fn admin_only(
    State(app): State<Arc<App>>,
    request: Request,
    next: Next,
) -> Response {
    let known = match identify(&app, request.headers()) {
        Ok(known) => known,
        Err(error) => return error.into_response(),
    };
    let allowance = app
        .rate_limit
        .as_ref()
        .map(|limit| limit.take(known.hash, Instant::now()));
    let mut response = match allowance {
        Some(Allowance {
            retry_after: Some(wait),
            ..
        }) => ApiError::too_many_requests(wait).into_response(),
        _ => next.run(request).await,
    };
    if let Some(allowance) = allowance {
        tell(response.headers_mut(), allowance);
    }
    response
}

fn identify(app: &App, headers: &HeaderMap) -> Result<Known, ApiError> {
    let key = headers
        .get(AUTHORIZATION)
        .and_then(|header| bearer(header.as_bytes()))
        .ok_or_else(ApiError::missing_key)?;
    match app.keys.identify(key) {
        Some(known) if known.role == Role::Admin => Ok(known),
        Some(_) => Err(ApiError::not_admin()),
        None => Err(ApiError::unknown_key()),
    }
}

/// The key in `Bearer KEY`; the scheme's case does not matter.
fn bearer(header: &[u8]) -> Option<&[u8]> {
    let (scheme, rest) = header.split_at_checked(7)?;
    let key = rest.trim_ascii();
    (scheme.eq_ignore_ascii_case(b"bearer ") && !key.is_empty()).then_some(key)
}

fn tell(headers: &mut HeaderMap, allowance: Allowance) {
    let mut set = |name: &'static str, value: String| {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    };
    set("x-ratelimit-limit-requests", allowance.limit.to_string());
    set(
        "x-ratelimit-remaining-requests",
        allowance.remaining.to_string(),
    );
    set("x-ratelimit-reset-requests", span(allowance.reset));
    if let Some(wait) = allowance.retry_after {
        set("retry-after-ms", wait.as_millis().max(1).to_string());
        // Whole seconds, never less than the wait.
        set("retry-after", (wait.as_secs() + 1).to_string());
    }
}

/// `6m0s`, `1.5s`, `20ms`: the way clients of the API know it.
fn span(duration: Duration) -> String {
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
    fn only_a_bearer_key_is_taken() {
        assert_eq!(bearer(b"Bearer sk-1"), Some(b"sk-1".as_slice()));
        assert_eq!(bearer(b"bearer  sk-1 "), Some(b"sk-1".as_slice()));
        assert_eq!(bearer(b"Basic c2stMQ=="), None);
        assert_eq!(bearer(b"Bearer "), None);
        assert_eq!(bearer(b"Bear"), None);
        assert_eq!(bearer(b""), None);
    }

    #[test]
    fn spans_read_as_clients_know_them() {
        assert_eq!(span(Duration::from_millis(20)), "20ms");
        assert_eq!(span(Duration::from_secs(1)), "1s");
        assert_eq!(span(Duration::from_millis(1500)), "1.500s");
        assert_eq!(span(Duration::from_secs(360)), "6m0s");
    }
}
