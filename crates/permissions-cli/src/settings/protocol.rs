//! Detection of http on an https port, and of the opposite.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use url::Url;

/// A server on the same network answers within milliseconds; the user waits for the probe.
const TIMEOUT: Duration = Duration::from_secs(2);

/// Checks whether the server speaks http although the base URL has https, or the opposite. The request of the probe
/// contains no key.
pub(crate) async fn speaks_other_protocol(base_url: &str) -> Option<String> {
    let url = Url::parse(base_url).ok()?;
    // A probe would bypass the proxy.
    if super::proxy::proxy(base_url).is_some() {
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
