use std::io::{IoSlice, Result};
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{self, Connected};

/// A connection of any kind: plain or encrypted, straight or through a tunnel.
pub(super) struct Connection {
    stream: Box<dyn Stream>,
    /// Its end is a proxy that hands requests on, so that they name their whole target.
    to_proxy: bool,
}

/// What HTTP needs of a connection.
pub(super) trait Stream: connect::Connection + Read + Write + Send + Unpin {}

impl<S: connect::Connection + Read + Write + Send + Unpin> Stream for S {}

impl Connection {
    pub(super) fn to_target(stream: impl Stream + 'static) -> Self {
        Self {
            stream: Box::new(stream),
            to_proxy: false,
        }
    }

    pub(super) fn to_proxy(stream: impl Stream + 'static) -> Self {
        Self {
            stream: Box::new(stream),
            to_proxy: true,
        }
    }
}

impl connect::Connection for Connection {
    fn connected(&self) -> Connected {
        self.stream.connected().proxy(self.to_proxy)
    }
}

impl Read for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl Write for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }
}
