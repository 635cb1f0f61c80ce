//! Accepting connections and serving them, until told to stop.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tower_service::Service;

use super::answer::{Answer, Working};
use super::connections::{Connections, Place};
use super::explained::Explained;
use crate::http::{App, DropConnection};
use crate::limits::Limits;

/// How long to wait before accepting again when the process is out of file descriptors.
const OUT_OF_DESCRIPTORS: Duration = Duration::from_millis(50);

/// Serves until `stopped` turns true, then lets accepted requests finish and closes the database.
pub(super) async fn run(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    router: Router,
    app: Arc<App>,
    mut stopped: watch::Receiver<bool>,
) {
    let places = Connections::new(app.limits.connections);
    let mut open = JoinSet::new();
    loop {
        // An error of `stopped` means that the server's handle is gone.
        let stream = tokio::select! {
            _ = stopped.wait_for(|stopped| *stopped) => break,
            Some(_) = open.join_next(), if !open.is_empty() => continue,
            stream = accept(&listener) => stream,
        };
        let place = tokio::select! {
            _ = stopped.wait_for(|stopped| *stopped) => break,
            place = places.place() => place,
        };
        open.spawn(connection(
            stream,
            tls.clone(),
            router.clone(),
            Arc::clone(&app),
            place,
            stopped.clone(),
        ));
    }
    drop(listener);
    let finished = timeout(app.limits.shutdown_time, async {
        while open.join_next().await.is_some() {}
    });
    if finished.await.is_err() {
        tracing::warn!(connections = open.len(), "requests cut off by the stop");
        open.shutdown().await;
    }
    app.store.close().await;
}

async fn accept(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return stream,
            Err(error) if of_one_connection(&error) => {}
            Err(error) => {
                tracing::warn!(%error, "failed to accept a connection");
                sleep(OUT_OF_DESCRIPTORS).await;
            }
        }
    }
}

/// Whether only the connection that was about to be accepted is lost.
fn of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
    )
}

async fn connection(
    stream: TcpStream,
    tls: Option<TlsAcceptor>,
    router: Router,
    app: Arc<App>,
    place: Place,
    stopped: watch::Receiver<bool>,
) {
    let _open = app.metrics.connection();
    // Answers are small and written whole: waiting to fill a packet only adds latency.
    let _ = stream.set_nodelay(true);
    match tls {
        None => serve(stream, router, &app.limits, place, stopped).await,
        Some(tls) => {
            let handshake = timeout(app.limits.body_time, tls.accept(stream));
            tokio::select! {
                () = place.wanted() => {}
                stream = handshake => match stream {
                    Ok(Ok(stream)) => serve(stream, router, &app.limits, place, stopped).await,
                    Ok(Err(error)) => tracing::debug!(%error, "no TLS"),
                    Err(_) => tracing::debug!("the TLS handshake took too long"),
                },
            }
        }
    }
}

async fn serve<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    stream: S,
    router: Router,
    limits: &Limits,
    place: Place,
    mut stopped: watch::Receiver<bool>,
) {
    let place = Arc::new(place);
    let service = hyper::service::service_fn({
        let place = Arc::clone(&place);
        move |request| answer(router.clone(), request, Arc::clone(&place))
    });
    let mut connection = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.idle_time)
            .max_header_size(limits.header_bytes)
            .max_buf_size(limits.header_bytes.max(MIN_BUFFER))
            .serve_connection(TokioIo::new(Explained::new(stream)), service)
    );
    let mut patience = tokio::select! {
        ended = connection.as_mut() => return log_end(ended),
        // A request may be on its way in; one that dawdles is not waited for.
        _ = stopped.wait_for(|stopped| *stopped) => LAST_WORDS,
        // Somebody waits for the place; what has arrived by now is answered still.
        () = place.wanted() => Duration::ZERO,
    };
    connection.as_mut().graceful_shutdown();
    while timeout(patience, connection.as_mut()).await.is_err() {
        if place.is_idle() {
            return;
        }
        patience = LAST_WORDS;
    }
}

/// How long a connection that closes with the server may take to bring in a request already under
/// way.
const LAST_WORDS: Duration = Duration::from_millis(200);
/// The smallest buffer that hyper takes.
const MIN_BUFFER: usize = 8192;

async fn answer(
    mut router: Router,
    request: hyper::Request<Incoming>,
    place: Arc<Place>,
) -> Result<hyper::Response<Answer>, DroppedOnRequest> {
    let work = Working::begin(place);
    let request: Request = request.map(Body::new);
    let Ok(response) = router.call(request).await;
    match response.extensions().get::<DropConnection>() {
        Some(_) => Err(DroppedOnRequest),
        None => Ok(response.map(|body| Answer { body, _work: work })),
    }
}

#[derive(Debug, thiserror::Error)]
#[error("dropped on request")]
struct DroppedOnRequest;

fn log_end(ended: hyper::Result<()>) {
    if let Err(error) = ended {
        // Clients that vanish or talk no HTTP are everyday life.
        tracing::debug!(%error, "connection ended");
    }
}
