//! GitHub: the URLs of raw files, and the newest commit that changed a file.

use std::{io::Read, time::Duration};

use anyhow::{Context, Result, bail};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use ureq::{
    Agent, RequestBuilder,
    http::StatusCode,
    tls::{RootCerts, TlsConfig},
    typestate::WithoutBody,
};
use url::{Host, Url};

use crate::{document::MAX_BYTES, tree::text};

/// URL of the service that serves the files of a commit.
pub const FILES_URL: &str = "https://raw.githubusercontent.com";

/// URL of the service that lists commits.
pub const API_URL: &str = "https://api.github.com";

/// Maximum size of a response that lists one commit: 16 MiB, because a commit can change thousands
/// of files.
const MAX_RESPONSE: u64 = 16 * 1024 * 1024;

/// The services from which an upstream spec is fetched.
#[derive(Debug)]
pub struct Upstream {
    files: Url,
    api: Url,
    token: Option<SecretString>,
    timeout: Duration,
}

impl Upstream {
    /// Returns the services at these URLs. A `token` raises the rate limit of the API and is sent to
    /// the API only. `timeout` limits connecting and each read.
    ///
    /// # Errors
    ///
    /// Returns an error if a URL is not https. Plain http is allowed for loopback addresses.
    pub fn new(
        files: &str,
        api: &str,
        token: Option<SecretString>,
        timeout: Duration,
    ) -> Result<Self> {
        Ok(Self {
            files: service(files)?,
            api: service(api)?,
            token,
            timeout,
        })
    }

    /// Returns the URL of a file at a commit.
    pub(super) fn file(&self, repository: &str, commit: &str, path: &str) -> Result<Url> {
        let parts = repository.split('/').chain([commit]).chain(path.split('/'));
        below(&self.files, parts)
    }

    /// Returns the newest commit that changed a file.
    ///
    /// # Errors
    ///
    /// Returns an error if the API cannot be reached or does not respond with a commit.
    pub(super) fn newest_commit(&self, repository: &str, path: &str) -> Result<String> {
        let parts = ["repos"].into_iter().chain(repository.split('/'));
        let mut url = below(&self.api, parts.chain(["commits"]))?;
        url.query_pairs_mut()
            .append_pair("path", path)
            .append_pair("per_page", "1");
        self.first_commit(&url, path)
            .with_context(|| format!("failed to get the newest commit from {url}"))
    }

    fn first_commit(&self, url: &Url, path: &str) -> Result<String> {
        let mut request = self
            .get(url)
            .header("accept", "application/vnd.github+json");
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {}", token.expose_secret()));
        }
        let mut response = request.call()?;
        let mut body = String::new();
        let reader = response.body_mut().as_reader();
        reader.take(MAX_RESPONSE).read_to_string(&mut body)?;
        let status = response.status();
        let list: Value = serde_json::from_str(&body).unwrap_or_default();
        if status != StatusCode::OK {
            let message = text(&list["message"]);
            let remedy = match status {
                StatusCode::UNAUTHORIZED => "GITHUB_TOKEN is not valid: renew or unset it",
                StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS if self.token.is_none() => {
                    "the rate limit may be exceeded: set GITHUB_TOKEN, or wait an hour"
                }
                StatusCode::NOT_FOUND => "check `repository` in openapi/upstream.lock",
                _ => "try again later, or pass a local file with `cargo xtask fetch --from FILE`",
            };
            bail!("{status} {message}; {remedy}");
        }
        let Some(commits) = list.as_array() else {
            bail!("the response is not a list of commits; check the URL");
        };
        let Some(first) = commits.first() else {
            bail!("no commit changes {path}; check `path` in openapi/upstream.lock");
        };
        let sha = text(&first["sha"]);
        if sha.len() < 40 || !sha.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            bail!("the response has no commit; check the URL");
        }
        Ok(sha.to_ascii_lowercase())
    }

    /// Downloads a file of at most [`MAX_BYTES`] in one request.
    ///
    /// # Errors
    ///
    /// Returns an error if the server cannot be reached, responds with a status other than 200 or
    /// sends too much, or if the connection ends early.
    pub(super) fn download(&self, url: &Url) -> Result<Vec<u8>> {
        self.receive(url)
            .with_context(|| format!("failed to download {url}"))
    }

    fn receive(&self, url: &Url) -> Result<Vec<u8>> {
        let response = self.get(url).call().context(
            "check the network and the proxy, or pass a local file with `cargo xtask fetch --from FILE`",
        )?;
        let status = response.status();
        if status != StatusCode::OK {
            let remedy = match status {
                StatusCode::NOT_FOUND => {
                    "check `repository`, `commit` and `path` in openapi/upstream.lock"
                }
                StatusCode::TOO_MANY_REQUESTS => "try again later",
                _ if status.is_server_error() => "try again later",
                _ => "check the URL, or pass a local file with `cargo xtask fetch --from FILE`",
            };
            bail!("the server responded with {status}; {remedy}");
        }
        let mut bytes = Vec::new();
        let is_declared_too_large = response
            .body()
            .content_length()
            .is_some_and(|length| length > MAX_BYTES);
        if !is_declared_too_large {
            let reader = response.into_body().into_reader();
            reader
                .take(MAX_BYTES + 1)
                .read_to_end(&mut bytes)
                .with_context(|| {
                    format!(
                        "the connection ended after {} bytes; try again",
                        bytes.len()
                    )
                })?;
        }
        if is_declared_too_large || bytes.len() as u64 > MAX_BYTES {
            bail!(
                "the file is larger than {MAX_BYTES} bytes, so it is not the OpenAPI document; check \
                 `repository` and `path` in openapi/upstream.lock"
            );
        }
        Ok(bytes)
    }

    fn get(&self, url: &Url) -> RequestBuilder<WithoutBody> {
        let local = is_loopback(url);
        let roots = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier);
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            .https_only(!local)
            .max_redirects(5)
            .user_agent(concat!(
                "checkpoint-permissions/",
                env!("CARGO_PKG_VERSION")
            ))
            .accept_encoding("identity")
            .tls_config(roots.build())
            .timeout_connect(Some(self.timeout))
            .timeout_per_read(Some(self.timeout));
        if local {
            config = config.proxy(None);
        }
        config.build().new_agent().get(url.as_str())
    }
}

fn service(base: &str) -> Result<Url> {
    let base =
        Url::parse(base).with_context(|| format!("{base:?} is not a URL such as {FILES_URL}"))?;
    let allowed = base.scheme() == "https" || base.scheme() == "http" && is_loopback(&base);
    if !allowed {
        bail!(
            "{base} is not https, so an attacker in the network could change the downloaded file"
        );
    }
    Ok(base)
}

fn below<'a>(base: &Url, parts: impl Iterator<Item = &'a str>) -> Result<Url> {
    let mut url = base.clone();
    match url.path_segments_mut() {
        Ok(mut segments) => {
            segments.pop_if_empty().extend(parts);
        }
        Err(()) => bail!("{base} cannot be the base of other URLs; use a URL such as {FILES_URL}"),
    }
    Ok(url)
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
