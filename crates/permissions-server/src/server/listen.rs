//! Accepts and serves connections until the server stops.
//!
//! hyper's own graceful shutdown closes idle connections at once, so a request that is on its way gets no response. Here
//! an idle connection stays open for a grace period, and its next response announces the end with `connection: close`.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::header::CONNECTION;
use axum::http::{HeaderValue, StatusCode};
use futures_util::FutureExt as _;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tower_service::Service as _;

use super::stream::ServerStream;
use crate::connections::{Connections, Slot};
use crate::http::{App, DropConnection, json_refusal};

/// How long to wait before accepting again after an error, which is usually a lack of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(10);
/// File descriptors for the database, the listener, key files and the log.
const OTHER_DESCRIPTORS: u64 = 64;
/// The timeout of each step of closing a connection, such as the wait for the rest of incomplete request headers.
const CLOSE_TIMEOUT: Duration = Duration::from_millis(200);
/// The smallest read buffer that hyper supports, in bytes.
const MIN_BUFFER_BYTES: usize = 8192;

/// State that all connections share.
#[derive(Clone)]
pub(super) struct Context {
    pub(super) tls: Option<TlsAcceptor>,
    pub(super) router: Router,
    pub(super) app: Arc<App>,
    pub(super) stop: watch::Receiver<bool>,
}

/// Serves until `stop` is true or its sender is dropped. Then completes the accepted requests and closes the database.
pub(super) async fn run(listener: TcpListener, context: Context) {
    let connections = &context.app.connections;
    let mut stop = context.stop.clone();
    let mut tasks = JoinSet::new();
    loop {
        let stream = tokio::select! {
            _ = stop.wait_for(|stop| *stop) => break,
            Some(_) = tasks.join_next(), if !tasks.is_empty() => continue,
            stream = accept(&listener, connections) => stream,
        };
        // `biased` takes a free slot before it checks the stop signal, because a client that waits for a slot may already
        // have sent a request.
        let slot = tokio::select! {
            biased;
            slot = connections.acquire() => slot,
            _ = stop.wait_for(|stop| *stop) => break,
        };
        tasks.spawn(serve(stream, context.clone(), slot));
    }
    // The operating system may have accepted more connections, on which clients have already sent requests. These
    // connections are served too.
    if let Ok(listener) = listener.into_std() {
        while let Ok((stream, _)) = listener.accept() {
            let stream = stream
                .set_nonblocking(true)
                .and_then(|()| TcpStream::from_std(stream));
            if let (Ok(stream), Some(slot)) = (stream, connections.acquire().now_or_never()) {
                tasks.spawn(serve(stream, context.clone(), slot));
            }
        }
    }
    let finished = timeout(context.app.limits.shutdown_time, async {
        while tasks.join_next().await.is_some() {}
    });
    if finished.await.is_err() {
        tracing::warn!(
            connections = tasks.len(),
            "aborted requests that took too long"
        );
        tasks.shutdown().await;
    }
    context.app.store.close().await;
}

/// Lowers the limit of connections to the number of available file descriptors, because each connection needs one.
pub(super) fn connection_limit(limit: usize) -> usize {
    // With the argument 0, this call changes nothing and returns the current soft limit, or 0 on systems without such a
    // limit.
    let Ok(descriptors @ 1..) = rlimit::increase_nofile_limit(0) else {
        return limit;
    };
    let available = descriptors.saturating_sub(OTHER_DESCRIPTORS);
    let available = usize::try_from(available).unwrap_or(usize::MAX);
    if available < limit {
        tracing::warn!(
            connections = available,
            "the limit of file descriptors lowers the maximum number of connections"
        );
    }
    limit.min(available)
}

async fn accept(listener: &TcpListener, connections: &Connections) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return stream,
            // These errors concern the new connection only.
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::ConnectionAborted
                        | io::ErrorKind::ConnectionReset
                        | io::ErrorKind::ConnectionRefused
                ) => {}
            Err(error) => {
                tracing::warn!(%error, "failed to accept a connection");
                connections.evict_idle();
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn serve(stream: TcpStream, context: Context, slot: Slot) {
    let slot = Arc::new(slot);
    // Responses are written completely, so waiting for more bytes would only delay them.
    let _ = stream.set_nodelay(true);
    let Some(tls) = context.tls.clone() else {
        return serve_http(stream, context, slot).await;
    };
    let handshake = timeout(context.app.limits.body_time, tls.accept(stream));
    tokio::select! {
        () = slot.evicted() => {}
        stream = handshake => match stream {
            Ok(Ok(stream)) => serve_http(stream, context, slot).await,
            Ok(Err(error)) => tracing::debug!(%error, "TLS handshake failed"),
            Err(_) => tracing::debug!("TLS handshake timed out"),
        },
    }
}

async fn serve_http<S>(stream: S, context: Context, slot: Arc<Slot>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let limits = &context.app.limits;
    let mut stop = context.stop.clone();
    let service = hyper::service::service_fn(|request| {
        respond(context.router.clone(), request, Arc::clone(&slot))
    });
    let stream = TokioIo::new(ServerStream::new(stream, Arc::clone(&slot)));
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.idle_time)
        .max_header_size(limits.header_bytes)
        .max_buf_size(limits.header_bytes.max(MIN_BUFFER_BYTES))
        .writev(false)
        .serve_connection(stream, service);
    // With `biased`, the connection is polled before its eviction, as `Slot::evicted` requires.
    let evicted = tokio::select! {
        biased;
        ended = &mut connection => return log_error(ended),
        _ = stop.wait_for(|stop| *stop) => false,
        () = slot.evicted() => true,
    };
    slot.closing.store(true, Relaxed);
    if !evicted {
        tokio::select! {
            biased;
            ended = &mut connection => return log_error(ended),
            () = sleep(limits.keep_alive_grace) => {}
            () = slot.evicted() => {}
        }
    }
    // A started request gets a response. hyper drops a request whose headers are incomplete, so the end of the headers is
    // awaited before the shutdown.
    let is_incomplete = || slot.request_started.load(Relaxed) && slot.is_idle();
    if is_incomplete()
        && !evicted
        && let Ok(ended) = timeout(CLOSE_TIMEOUT, &mut connection).await
    {
        return log_error(ended);
    }
    if is_incomplete() {
        let mut stream = connection.into_parts().io.into_inner();
        let refusal = json_refusal(StatusCode::REQUEST_TIMEOUT);
        let _ = timeout(CLOSE_TIMEOUT, stream.write_all(&refusal)).await;
        return;
    }
    Pin::new(&mut connection).graceful_shutdown();
    while timeout(CLOSE_TIMEOUT, &mut connection).await.is_err() && !slot.is_idle() {}
}

async fn respond(
    mut router: Router,
    request: hyper::Request<Incoming>,
    slot: Arc<Slot>,
) -> Result<
    hyper::Response<impl hyper::body::Body<Data = axum::body::Bytes, Error = axum::Error>>,
    DropConnection,
> {
    let busy = slot.change();
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(Arc::clone(&slot));
    let Ok(mut response) = router.call(request).await;
    if let Some(drop) = response.extensions().get::<DropConnection>() {
        return Err(*drop);
    }
    if slot.closing.load(Relaxed) {
        let close = HeaderValue::from_static("close");
        response.headers_mut().insert(CONNECTION, close);
    }
    // The body owns `busy`, so the connection is busy until the response has been written.
    Ok(response.map(|body| {
        body.map_err(move |error| {
            let _ = &busy;
            error
        })
    }))
}

fn log_error(result: hyper::Result<()>) {
    if let Err(error) = result {
        // The log level is debug, because clients often disconnect or send bytes that are not HTTP.
        tracing::debug!(%error, "connection ended");
    }
}
