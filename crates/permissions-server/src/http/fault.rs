//! Injects faults into responses.

use std::convert::Infallible;
use std::future::ready;
use std::sync::Arc;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_LENGTH;
use axum::http::response::Parts;
use axum::middleware::Next;
use axum::response::Response;
use futures_util::stream::{self, StreamExt as _};

use super::App;
use super::error::ApiError;
use crate::faults::Fault;

/// A response extension that makes the server drop the connection instead of sending the response. For such a response,
/// the service returns this type as its error, and hyper then drops the connection.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the connection was dropped by a fault")]
pub(crate) struct DropConnection;

/// Injects the fault that [`App::faults`] chooses for this request.
pub(super) async fn inject(
    State(app): State<Arc<App>>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let header = request.headers().get("x-fault");
    let header = header.map(|value| String::from_utf8_lossy(value.as_bytes()));
    let fault = match &app.faults {
        Some(faults) => faults.next(header.as_deref()),
        None => Ok(None),
    };
    let fault =
        fault.map_err(|error| ApiError::invalid("invalid_value", "x-fault", error.to_string()))?;
    Ok(match fault {
        None => next.run(request).await,
        Some(Fault::Status(status)) => {
            let status = StatusCode::from_u16(status).unwrap_or_default();
            let message = "this response is an injected fault";
            return Err(ApiError::new(status, "fault_on_request", message));
        }
        Some(Fault::Delay(delay)) => {
            tokio::time::sleep(delay).await;
            next.run(request).await
        }
        Some(Fault::Drop) => dropped(),
        Some(Fault::DropAfter) => {
            next.run(request).await;
            dropped()
        }
        Some(Fault::Truncate) => truncated(next.run(request).await).await,
        Some(Fault::Oversize(bytes)) => oversized(next.run(request).await, bytes).await,
    })
}

fn dropped() -> Response {
    let mut response = Response::new(Body::empty());
    response.extensions_mut().insert(DropConnection);
    response
}

/// Sends the `content-length` of the complete body, but only the first half of the body.
async fn truncated(response: Response) -> Response {
    let (mut parts, body) = read(response).await;
    parts.headers.insert(CONTENT_LENGTH, body.len().into());
    let half = body.slice(..body.len() / 2);
    let failure = async {
        // If the error were available together with the first half, hyper would drop the connection without sending the
        // first half.
        tokio::task::yield_now().await;
        Err("truncated by a fault")
    };
    let stream = stream::once(ready(Ok(half))).chain(stream::once(failure));
    Response::from_parts(parts, Body::from_stream(stream))
}

/// Pads the body to `bytes` with spaces. They are valid after a JSON value, so the response stays valid JSON.
async fn oversized(response: Response, bytes: usize) -> Response {
    const SPACES: Bytes = Bytes::from_static(&[b' '; 8192]);
    let (parts, body) = read(response).await;
    let missing = bytes.saturating_sub(body.len());
    let spaces = stream::repeat(SPACES).take(missing / SPACES.len());
    let rest = SPACES.slice(..missing % SPACES.len());
    let stream = stream::iter([body, rest]).chain(spaces);
    Response::from_parts(parts, Body::from_stream(stream.map(Ok::<_, Infallible>)))
}

/// Reads the body of a response of this server. This cannot fail, because the body is in memory.
async fn read(response: Response) -> (Parts, Bytes) {
    let (parts, body) = response.into_parts();
    (parts, to_bytes(body, usize::MAX).await.unwrap_or_default())
}
