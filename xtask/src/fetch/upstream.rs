//! Where upstream is: addresses, and the newest commit of a file.

use std::{io::Read, net::IpAddr};

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

use super::Patience;

/// Serves the files of each commit.
pub const FILES_URL: &str = "https://raw.githubusercontent.com";

/// Answers which commits there are.
pub const API_URL: &str = "https://api.github.com";

/// An answer about one commit is a few kilobytes, and a commit may touch many files.
const MAX_ANSWER: u64 = 16 * 1024 * 1024;

/// The two services that a document is fetched from.
#[derive(Debug)]
pub struct Upstream {
    pub(super) files: Service,
    api: Service,
    token: Option<SecretString>,
    pub(super) patience: Patience,
}

/// An address, and how it is spoken to.
#[derive(Debug)]
pub(super) struct Service {
    base: Url,
    agent: Agent,
}

impl Upstream {
    /// The services at these addresses. A `token` raises how often the API answers; it goes nowhere else.
    ///
    /// # Errors
    ///
    /// An address that is not https; plain http is for this machine alone.
    pub fn new(
        files: &str,
        api: &str,
        token: Option<SecretString>,
        patience: Patience,
    ) -> Result<Self> {
        Ok(Self {
            files: Service::new(files, patience)?,
            api: Service::new(api, patience)?,
            token,
            patience,
        })
    }

    /// The address of a file as it was at a commit.
    pub(super) fn file(&self, repository: &str, commit: &str, path: &str) -> Result<Url> {
        let parts = repository.split('/').chain([commit]).chain(path.split('/'));
        self.files.below(parts)
    }

    /// The newest commit that touched a file, in full.
    ///
    /// # Errors
    ///
    /// An API that does not answer, or answers with anything but a commit.
    pub(super) fn newest_commit(&self, repository: &str, path: &str) -> Result<String> {
        let parts = ["repos"].into_iter().chain(repository.split('/'));
        let mut url = self.api.below(parts.chain(["commits"]))?;
        url.query_pairs_mut()
            .append_pair("path", path)
            .append_pair("per_page", "1");
        let failed = || format!("failed to ask for the newest commit at {url}");

        let mut request = self
            .api
            .get(&url)
            .header("accept", "application/vnd.github+json");
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {}", token.expose_secret()));
        }
        let mut response = request.call().with_context(failed)?;
        let mut body = String::new();
        response
            .body_mut()
            .as_reader()
            .take(MAX_ANSWER)
            .read_to_string(&mut body)
            .with_context(failed)?;
        let status = response.status();
        let answer: Value = serde_json::from_str(&body).unwrap_or_default();
        if status != StatusCode::OK {
            let message = answer["message"].as_str().unwrap_or_default();
            let remedy = match status {
                StatusCode::UNAUTHORIZED => "GITHUB_TOKEN is not valid: renew or unset it",
                StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS if self.token.is_none() => {
                    "the API may want to be asked less often: set GITHUB_TOKEN, or wait an hour"
                }
                StatusCode::NOT_FOUND => "check `repository` in openapi/upstream.lock",
                _ => "try again later, or give a file by `cargo xtask fetch --from FILE`",
            };
            return Err(anyhow::Error::msg(format!("{status} {message}; {remedy}")))
                .with_context(failed);
        }
        let Some(first) = answer.as_array().and_then(|commits| commits.first()) else {
            let reason = if answer.is_array() {
                format!("no commit touches {path}; check `path` in openapi/upstream.lock")
            } else {
                "the answer is no list of commits; check the address".to_owned()
            };
            return Err(anyhow::Error::msg(reason)).with_context(failed);
        };
        match first["sha"].as_str() {
            Some(sha) if sha.len() >= 40 && sha.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
                Ok(sha.to_ascii_lowercase())
            }
            _ => Err(anyhow::Error::msg(
                "the answer names no commit; check the address",
            ))
            .with_context(failed),
        }
    }
}

impl Service {
    fn new(base: &str, patience: Patience) -> Result<Self> {
        let base = Url::parse(base)
            .with_context(|| format!("{base:?} is not an address such as {FILES_URL}"))?;
        let local = is_loopback(&base);
        match base.scheme() {
            "https" => {}
            "http" if local => {}
            _ => bail!(
                "{base} is not https, so that anybody on the way could change what is fetched"
            ),
        }
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
            .timeout_connect(Some(patience.silence))
            .timeout_per_read(Some(patience.silence));
        if local {
            config = config.proxy(None);
        }
        let agent = config.build().new_agent();
        Ok(Self { base, agent })
    }

    pub(super) fn get(&self, url: &Url) -> RequestBuilder<WithoutBody> {
        self.agent.get(url.as_str())
    }

    fn below<'a>(&self, parts: impl Iterator<Item = &'a str>) -> Result<Url> {
        let mut url = self.base.clone();
        match url.path_segments_mut() {
            Ok(mut segments) => {
                segments.pop_if_empty().extend(parts);
            }
            Err(()) => bail!(
                "{} is not an address that paths can be put under",
                self.base
            ),
        }
        Ok(url)
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => IpAddr::V4(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::V6(address).is_loopback(),
        None => false,
    }
}
