use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use permissions_api::hooks::BoxError;
use tower_service::Service;

use super::connection::Connection;
use super::{Proxy, is_https};
use crate::client::TlsConnector;

/// Makes connections to the API: straight, through a proxy's tunnel, or to a proxy that hands requests on.
#[derive(Clone)]
pub(super) struct Connector {
    tcp: HttpConnector,
    tls: TlsConnector,
    proxy: Option<Proxy>,
    timeout: Duration,
}

impl Connector {
    /// The time-out is for everything up to a connection that can be used.
    pub(super) fn new(timeout: Duration, tls: TlsConnector, proxy: Option<Proxy>) -> Self {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        // Shared among the addresses of a host, so that one that does not answer leaves the others their part.
        tcp.set_connect_timeout(Some(timeout));
        // A peer that is gone without a word is noticed, as reqwest notices it.
        tcp.set_keepalive(Some(Duration::from_secs(15)));
        tcp.set_keepalive_interval(Some(Duration::from_secs(15)));
        tcp.set_keepalive_retries(Some(3));
        #[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
        tcp.set_tcp_user_timeout(Some(Duration::from_secs(30)));
        Self {
            tcp,
            tls,
            proxy,
            timeout,
        }
    }

    async fn connect(self, target: Uri) -> Result<Connection, BoxError> {
        let Self {
            tcp, tls, proxy, ..
        } = self;
        let Some(proxy) = proxy else {
            return Ok(Connection::to_target(tls.over(tcp).call(target).await?));
        };
        let to_proxy = tls.over(tcp);
        if is_https(&target) {
            let mut tunnel = Tunnel::new(proxy.uri().clone(), to_proxy);
            if let Some(authorization) = proxy.authorization() {
                tunnel = tunnel.with_auth(authorization.clone());
            }
            Ok(Connection::to_target(tls.over(tunnel).call(target).await?))
        } else {
            let mut to_proxy = to_proxy;
            Ok(Connection::to_proxy(
                to_proxy.call(proxy.uri().clone()).await?,
            ))
        }
    }
}

impl Service<Uri> for Connector {
    type Response = Connection;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Connection, BoxError>> + Send>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, target: Uri) -> Self::Future {
        let timeout = self.timeout;
        let connecting = self.clone().connect(target);
        Box::pin(async move {
            match tokio::time::timeout(timeout, connecting).await {
                Ok(connected) => connected,
                Err(_) => {
                    let reason = format!("no connection within {timeout:?}");
                    Err(io::Error::new(io::ErrorKind::TimedOut, reason).into())
                }
            }
        })
    }
}
