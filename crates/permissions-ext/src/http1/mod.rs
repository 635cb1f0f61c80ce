//! Sending over HTTP/1.1: connections that are kept, and how one is made.

mod connection;
mod connector;
mod proxy;

use std::fmt;
use std::future::ready;
use std::time::Duration;

use http::HeaderValue;
use http::header::PROXY_AUTHORIZATION;
use http::uri::InvalidUri;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use permissions_api::hooks::{Sending, Transport};
use reqwest::{Body, Request, Response, ResponseBuilderExt as _};

use self::connector::Connector;
use self::proxy::Proxy;
use crate::Error;
use crate::client::Tls;

/// How requests are sent, unless by an HTTP client of one's own.
pub(crate) struct Http {
    client: Client<Connector, Body>,
    /// For a proxy that hands on what it can read; one that tunnels is told by the connector.
    proxy_authorization: Option<HeaderValue>,
}

impl Http {
    /// Everything that one client sends goes to one place.
    pub(crate) fn new(base_url: &str, connect_timeout: Duration, tls: &Tls) -> Result<Self, Error> {
        let target = base_url.parse().map_err(|cause: InvalidUri| {
            Error::config("the base URL cannot be used").with_source(cause)
        })?;
        let proxy = Proxy::from_env(&target)?;
        let encrypted = is_https(&target) || proxy.as_ref().is_some_and(Proxy::is_https);
        let proxy_authorization = match &proxy {
            Some(proxy) if !is_https(&target) => proxy.authorization().cloned(),
            _ => None,
        };
        let connector = Connector::new(connect_timeout, tls.connector(encrypted)?, proxy);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_TIMEOUT)
            .build(connector);
        Ok(Self {
            client,
            proxy_authorization,
        })
    }
}

/// As long as reqwest keeps a connection that nobody uses.
const IDLE_TIMEOUT: Duration = Duration::from_secs(90);

impl Transport for Http {
    fn send(&self, request: Request) -> Sending {
        let url = request.url().clone();
        let mut request = match http::Request::<Body>::try_from(request) {
            Ok(request) => request,
            Err(error) => return Box::pin(ready(Err(error.into()))),
        };
        if let Some(authorization) = &self.proxy_authorization {
            let headers = request.headers_mut();
            headers.insert(PROXY_AUTHORIZATION, authorization.clone());
        }
        let answer = self.client.request(request);
        Box::pin(async move {
            let (head, body) = answer.await?.into_parts();
            let mut response = http::Response::builder()
                .status(head.status)
                .version(head.version)
                .url(url)
                .body(Body::wrap(body))?;
            *response.headers_mut() = head.headers;
            Ok(Response::from(response))
        })
    }
}

fn is_https(target: &http::Uri) -> bool {
    target.scheme_str() == Some("https")
}

/// Without the proxy, whose URL may hold a password.
impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http").finish_non_exhaustive()
    }
}
