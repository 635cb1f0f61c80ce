//! Letting a request go wrong.

use std::future::ready;
use std::sync::Arc;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_LENGTH;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, StreamExt as _};
use http_body_util::StreamBody;
use hyper::body::Frame;

use super::App;
use super::error::ApiError;
use crate::faults::Fault;

/// In the extensions of an answer: drop the connection in place of sending it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DropConnection;

/// Applies the fault that the plan has for this request.
pub(super) async fn on_request(
    State(app): State<Arc<App>>,
    request: Request,
    next: Next,
) -> Response {
    let Some(faults) = &app.faults else {
        return next.run(request).await;
    };
    let header = request
        .headers()
        .get("x-fault")
        .map(|header| String::from_utf8_lossy(header.as_bytes()));
    let fault = match faults.next(header.as_deref()) {
        Ok(fault) => fault,
        Err(error) => return ApiError::invalid_fault(error.to_string()).into_response(),
    };
    match fault {
        None => next.run(request).await,
        Some(Fault::Status(status)) => {
            ApiError::on_request(StatusCode::from_u16(status).unwrap_or_default()).into_response()
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
    }
}

fn dropped() -> Response {
    let mut response = Response::new(Body::empty());
    response.extensions_mut().insert(DropConnection);
    response
}

/// Announces the whole body and sends half of it.
async fn truncated(response: Response) -> Response {
    let (mut parts, body) = whole(response).await;
    parts.headers.insert(CONTENT_LENGTH, body.len().into());
    let half = body.slice(..body.len() / 2);
    let cut = async {
        // Whoever writes the answer sends what there is before it looks for more.
        tokio::task::yield_now().await;
        Err("cut off on request")
    };
    let stream = stream::once(ready(Ok(Frame::data(half)))).chain(stream::once(cut));
    Response::from_parts(parts, Body::new(StreamBody::new(stream)))
}

/// Spaces after JSON are JSON still, so only the size is wrong.
async fn oversized(response: Response, bytes: usize) -> Response {
    const SPACES: Bytes = Bytes::from_static(&[b' '; 8192]);
    let (parts, body) = whole(response).await;
    let mut missing = bytes.saturating_sub(body.len());
    let padding = std::iter::from_fn(move || {
        let piece = SPACES.slice(..missing.min(SPACES.len()));
        missing -= piece.len();
        (!piece.is_empty()).then_some(piece)
    });
    let frames = std::iter::once(body)
        .chain(padding)
        .map(|piece| Ok::<_, std::convert::Infallible>(Frame::data(piece)));
    let stream = stream::iter(frames);
    Response::from_parts(parts, Body::new(StreamBody::new(stream)))
}

/// Our own bodies are in memory and cannot fail.
async fn whole(response: Response) -> (axum::http::response::Parts, Bytes) {
    let (parts, body) = response.into_parts();
    (parts, to_bytes(body, usize::MAX).await.unwrap_or_default())
}
