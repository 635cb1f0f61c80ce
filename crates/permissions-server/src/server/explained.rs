//! Answers to what is no HTTP request.
//!
//! hyper ends such a connection with a bare status, before there is a request for a handler. Clients
//! read four members in every other error, so the bare answer is exchanged for one with a body on
//! its way out. And whoever is refused while it still sends gets time to read why: a socket that is
//! closed with unread bytes in it is reset, and a reset takes the answer with it.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::http::StatusCode;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

use crate::http::explain;

/// How long a refused client may go on sending what nobody reads.
const LINGER: Duration = Duration::from_secs(3);

/// A connection whose every refusal says why.
#[derive(Debug)]
pub(super) struct Explained<S> {
    stream: S,
    /// In place of a bare answer, and how much of it is written.
    instead: Option<(Vec<u8>, usize)>,
    /// Whether the last answer was a refusal.
    refused: bool,
    closing: Option<Pin<Box<Sleep>>>,
}

impl<S> Explained<S> {
    pub(super) fn new(stream: S) -> Self {
        Self {
            stream,
            instead: None,
            refused: false,
            closing: None,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Explained<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Explained<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.instead.is_none() {
            if let Some(refused) = is_refusal(bytes) {
                this.refused = refused;
            }
            match bare(bytes) {
                Some(status) => this.instead = Some((explain(status, bytes), 0)),
                None => return Pin::new(&mut this.stream).poll_write(context, bytes),
            }
        }
        while let Some((text, written)) = &mut this.instead {
            match text.get(*written..) {
                Some(rest) if !rest.is_empty() => {
                    *written += ready!(Pin::new(&mut this.stream).poll_write(context, rest))?;
                }
                _ => this.instead = None,
            }
        }
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let mut filled = buffers.iter().filter(|buffer| !buffer.is_empty());
        match (filled.next(), filled.next()) {
            (Some(only), None) => self.poll_write(context, only),
            (first, _) => {
                let this = self.get_mut();
                if let Some(refused) = first.and_then(|first| is_refusal(first)) {
                    this.refused = refused;
                }
                Pin::new(&mut this.stream).poll_write_vectored(context, buffers)
            }
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.closing.is_none() {
            ready!(Pin::new(&mut this.stream).poll_shutdown(context))?;
            if !this.refused {
                return Poll::Ready(Ok(()));
            }
        }
        let closing = this.closing.get_or_insert_with(|| Box::pin(sleep(LINGER)));
        if closing.as_mut().poll(context).is_ready() {
            return Poll::Ready(Ok(()));
        }
        let mut nobody_reads = [0; 8192];
        loop {
            let mut buffer = ReadBuf::new(&mut nobody_reads);
            let read = Pin::new(&mut this.stream).poll_read(context, &mut buffer);
            // A client that is gone needs no time.
            if ready!(read).is_err() || buffer.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

/// Whether these bytes begin an answer that refuses; `None` if they begin none.
fn is_refusal(bytes: &[u8]) -> Option<bool> {
    let status = bytes.strip_prefix(b"HTTP/1.1 ")?;
    Some(status.starts_with(b"4"))
}

/// The status of an answer that hyper made up by itself. Every answer of a handler has a request id.
fn bare(bytes: &[u8]) -> Option<StatusCode> {
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
    fn only_a_bare_refusal_is_exchanged() {
        let bare_400 =
            b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
        assert_eq!(bare(bare_400), Some(StatusCode::BAD_REQUEST));
        for other in [
            "HTTP/1.1 100 Continue\r\n\r\n",
            "HTTP/1.1 401 Unauthorized\r\nx-request-id: req_1\r\ncontent-length: 9\r\n\r\n",
            "HTTP/1.1 400 Bad Request\r\ncontent-length: 2\r\n\r\n{}",
            "{\"object\":\"list\"}\r\n\r\n",
        ] {
            assert_eq!(bare(other.as_bytes()), None, "{other}");
        }
    }
}
