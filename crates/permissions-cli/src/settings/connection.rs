//! The connection to the API: chooses the proxy from the environment, and detects a base URL with the wrong scheme
//! (http for a port with TLS, or https for a port without TLS).

use std::net::IpAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use url::{Host, Url};

use super::{Origin, Setting};

/// The proxy for a base URL, without user name and password. `None` for a direct connection.
pub(crate) fn proxy(base_url: &str) -> Option<Setting<String>> {
    let url = Url::parse(base_url).ok()?;
    if is_loopback(&url) {
        return None;
    }
    let names: &[&'static str] = match url.scheme() {
        "https" => &["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"],
        _ => &["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"],
    };
    names.iter().find_map(|name| {
        let value = std::env::var(name)
            .ok()
            .filter(|value| !value.trim().is_empty())?;
        Some(Setting {
            value: without_credentials(&value),
            origin: Origin::Variable(name),
        })
    })
}

fn without_credentials(proxy: &str) -> String {
    match Url::parse(proxy) {
        Ok(mut url) if url.has_host() => {
            let _ = url.set_username("");
            let _ = url.set_password(None);
            url.to_string()
        }
        _ => proxy.rsplit('@').next().unwrap_or_default().to_owned(),
    }
}

/// Whether the host of the URL is this machine.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => {
            name.eq_ignore_ascii_case("localhost") || name.ends_with(".localhost")
        }
        Some(Host::Ipv4(address)) => IpAddr::V4(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::V6(address).is_loopback(),
        None => false,
    }
}

/// The timeout is short, because the user waits for the probe. A server on the same network answers within
/// milliseconds.
const TIMEOUT: Duration = Duration::from_secs(2);

/// Returns a message if the server speaks http although the base URL has https, or TLS although the base URL has http.
/// The request of this probe contains no key.
pub(crate) async fn speaks_other_protocol(base_url: &str) -> Option<String> {
    let url = Url::parse(base_url).ok()?;
    // A probe would bypass the proxy.
    if proxy(base_url).is_some() {
        return None;
    }
    let (host, port) = (url.host_str()?, url.port_or_known_default()?);
    let first = tokio::time::timeout(TIMEOUT, first_bytes(host, port))
        .await
        .ok()??;
    let is_http = first.starts_with(b"HTTP/");
    // Content types of TLS records: 21 for an alert, 22 for a handshake.
    let is_tls = matches!(first, [21 | 22, 3, ..]);
    match url.scheme() {
        "https" if is_http => Some(format!(
            "the server at {host}:{port} speaks http without TLS: use http in the base URL, or another port"
        )),
        "http" if is_tls => Some(format!(
            "the server at {host}:{port} speaks TLS: use https in the base URL, or another port"
        )),
        _ => None,
    }
}

/// Sends a request in plain http, and returns the first bytes of the response.
async fn first_bytes(host: &str, port: u16) -> Option<[u8; 5]> {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let mut stream = TcpStream::connect((host, port)).await.ok()?;
    let request = format!("GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut first = [0; 5];
    stream.read_exact(&mut first).await.ok()?;
    Some(first)
}
