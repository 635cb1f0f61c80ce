//! The byte stream below hyper.
//!
//! hyper answers malformed requests by itself, with a status and no body, and without calling a service. This stream
//! replaces such responses by JSON errors. hyper also closes the connection after a refusal while the client may still be
//! sending. Closing a socket with unread bytes resets the connection, and the client loses the response. Therefore the
//! stream reads on for some time.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::http::StatusCode;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

use crate::connections::Slot;
use crate::http::json_refusal;

/// How long the server reads from a client after an error response.
const LINGER: Duration = Duration::from_secs(3);

/// A stream that reports to its [`Slot`] when a request starts.
#[derive(Debug)]
pub(super) struct ServerStream<S> {
    stream: S,
    slot: Arc<Slot>,
    /// The JSON response that replaces hyper's response, and how many of its bytes have been written.
    replacement: Option<(Vec<u8>, usize)>,
    /// Whether the last response had a status of 400 to 499.
    refused: bool,
    linger: Option<Pin<Box<Sleep>>>,
}

impl<S> ServerStream<S> {
    pub(super) fn new(stream: S, slot: Arc<Slot>) -> Self {
        Self {
            stream,
            slot,
            replacement: None,
            refused: false,
            linger: None,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for ServerStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let result = Pin::new(&mut self.stream).poll_read(context, buffer);
        if buffer.filled().len() > before {
            self.slot.request_started.store(true, Relaxed);
        }
        result
    }
}

/// hyper writes each response from one buffer, because vectored writes are disabled.
impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for ServerStream<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.replacement.is_none() {
            if let Some(status) = bytes.strip_prefix(b"HTTP/1.1 ") {
                this.refused = status.starts_with(b"4");
            }
            match bare_refusal(bytes) {
                Some(status) => this.replacement = Some((json_refusal(status), 0)),
                None => return Pin::new(&mut this.stream).poll_write(context, bytes),
            }
        }
        while let Some((response, written)) = &mut this.replacement {
            match response.get(*written..) {
                Some(rest) if !rest.is_empty() => {
                    *written += ready!(Pin::new(&mut this.stream).poll_write(context, rest))?;
                }
                _ => this.replacement = None,
            }
        }
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.linger.is_none() {
            ready!(Pin::new(&mut this.stream).poll_shutdown(context))?;
            if !this.refused {
                return Poll::Ready(Ok(()));
            }
        }
        let linger = this.linger.get_or_insert_with(|| Box::pin(sleep(LINGER)));
        if linger.as_mut().poll(context).is_ready() {
            return Poll::Ready(Ok(()));
        }
        let mut discarded = [0; 8192];
        loop {
            let mut buffer = ReadBuf::new(&mut discarded);
            let read = Pin::new(&mut this.stream).poll_read(context, &mut buffer);
            if ready!(read).is_err() || buffer.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

/// Returns the status of a response that hyper has created by itself. Such a response has no request id.
fn bare_refusal(bytes: &[u8]) -> Option<StatusCode> {
    let head = bytes
        .strip_prefix(b"HTTP/1.1 ")?
        .strip_suffix(b"\r\n\r\n")?;
    let head = std::str::from_utf8(head).ok()?;
    let status: StatusCode = head.split(' ').next()?.parse().ok()?;
    let by_hyper = !head.contains("\r\nx-request-id:");
    (by_hyper && status.is_client_error()).then_some(status)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_body_is_added_only_to_hyper_errors() {
        let bare_400 =
            b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
        assert_eq!(bare_refusal(bare_400), Some(StatusCode::BAD_REQUEST));
        for other in [
            "HTTP/1.1 100 Continue\r\n\r\n",
            "HTTP/1.1 401 Unauthorized\r\nx-request-id: req_1\r\ncontent-length: 9\r\n\r\n",
            "HTTP/1.1 400 Bad Request\r\ncontent-length: 2\r\n\r\n{}",
            "{\"object\":\"list\"}\r\n\r\n",
        ] {
            assert_eq!(bare_refusal(other.as_bytes()), None, "{other}");
        }
    }
}
