//! The reqwest client: proxy, TLS, timeouts, and the classification of its errors.

mod failure;
mod proxy;
mod tls;

use std::time::Duration;

use url::{Host, Url};

pub(crate) use self::proxy::Proxy;
pub(crate) use self::tls::Tls;
use crate::Error;

/// Time after which an idle connection is closed. This time is shorter than the default timeout of a request.
/// Otherwise, the timer of a request could expire before all existing timers, and tokio makes a system call for every
/// such timer.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// A reqwest client. The base URL, the proxy and the timeouts are stored because error messages mention them.
pub(crate) struct HttpClient {
    pub(crate) client: reqwest::Client,
    base_url: Url,
    proxy: Proxy,
    /// `None` for the caller's client, whose timeout is unknown.
    connect_timeout: Option<Duration>,
    /// Default timeout of an attempt. `None` if the caller's client has its own timeout.
    pub(crate) timeout: Option<Duration>,
}

impl HttpClient {
    /// Builds a client for requests to one base URL.
    ///
    /// The client does not follow redirects: a redirected write would be sent to another server or become a read. The
    /// client does not retry, because the retry policy of this crate decides about retries.
    ///
    /// # Errors
    ///
    /// Returns a configuration error if the proxy or the TLS settings cannot be used.
    pub(crate) fn new(
        base_url: Url,
        proxy: Proxy,
        tls: &Tls,
        connect_timeout: Duration,
        timeout: Duration,
    ) -> Result<Self, Error> {
        let builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .connect_timeout(connect_timeout)
            .pool_idle_timeout(IDLE_TIMEOUT)
            .timeout(timeout);
        let builder = proxy.configure(builder)?;
        let needs_roots = base_url.scheme() == "https" || proxy.may_use_tls();
        let client = tls
            .configure(builder, needs_roots)?
            .build()
            .map_err(|cause| {
                Error::config("the HTTP client cannot be built").with_source(cause.without_url())
            })?;
        Ok(Self {
            client,
            base_url,
            proxy,
            connect_timeout: Some(connect_timeout),
            timeout: Some(timeout),
        })
    }

    /// Wraps the caller's reqwest client. That client decides about proxies, TLS and timeouts.
    pub(crate) fn custom(
        base_url: Url,
        client: reqwest::Client,
        timeout: Option<Duration>,
    ) -> Self {
        Self {
            client,
            base_url,
            proxy: Proxy::Unknown,
            connect_timeout: None,
            timeout,
        }
    }

    /// Returns whether the reqwest client is the caller's.
    pub(crate) fn is_custom(&self) -> bool {
        matches!(self.proxy, Proxy::Unknown)
    }

    /// Returns `, through the proxy ADDRESS` if a response can come from a proxy instead of the API.
    pub(crate) fn forwarding_note(&self) -> String {
        let name = self.proxy.forwards(&self.base_url);
        name.map_or_else(String::new, |name| format!(", through {name}"))
    }

    fn origin(&self) -> String {
        self.base_url.origin().ascii_serialization()
    }
}

/// Returns whether a URL refers to this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}
