//! Downloads the upstream spec in one request.

use std::io::Read;

use anyhow::{Context, Result, anyhow, bail};
use ureq::http::StatusCode;
use url::Url;

use super::Upstream;
use crate::document::MAX_BYTES;

/// Downloads a file of at most [`MAX_BYTES`].
///
/// # Errors
///
/// Returns an error if the server cannot be reached, responds with another status than 200, sends too
/// much, or if the connection ends early.
pub(super) fn download(upstream: &Upstream, url: &Url) -> Result<Vec<u8>> {
    receive(upstream, url).with_context(|| format!("failed to download {url}"))
}

fn receive(upstream: &Upstream, url: &Url) -> Result<Vec<u8>> {
    let response = upstream.get(url).call().context(
        "check the network and the proxy, or pass a local file with `cargo xtask fetch --from FILE`",
    )?;
    match response.status() {
        StatusCode::OK => {}
        StatusCode::NOT_FOUND => bail!(
            "the server responded with 404 Not Found; check `repository`, `commit` and `path` in \
             openapi/upstream.lock"
        ),
        status if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS => {
            bail!("the server responded with {status}; try again later")
        }
        status => bail!(
            "the server responded with {status}; check the URL, or pass a local file with \
             `cargo xtask fetch --from FILE`"
        ),
    }
    let length = response.headers().get("content-length");
    let length = length.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    let too_large = || {
        anyhow!(
            "the file is larger than {MAX_BYTES} bytes, so it is not the OpenAPI document; check \
             `repository` and `path` in openapi/upstream.lock"
        )
    };
    if length.is_some_and(|length| length > MAX_BYTES) {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    response
        .into_body()
        .into_reader()
        .take(MAX_BYTES + 1)
        .read_to_end(&mut bytes)
        .with_context(|| {
            format!(
                "the connection ended after {} bytes; try again",
                bytes.len()
            )
        })?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(too_large());
    }
    Ok(bytes)
}
