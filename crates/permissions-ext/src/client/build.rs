use std::sync::Arc;
use std::time::Duration;

use http::header::{AUTHORIZATION, USER_AGENT};
use http::{HeaderMap, HeaderValue};
use permissions_api as api;
use permissions_api::hooks::CallContext;
use secrecy::ExposeSecret as _;
use url::Url;

use super::builder::{ADMIN_KEY, BASE_URL, Key, ORDINARY_KEY, ORGANIZATION_ID, PROJECT_ID};
use super::{Client, ClientBuilder, base_url};
use crate::Error;
use crate::http_client::{HttpClient, Proxy};
use crate::key::{authorization, is_project_key};
use crate::options::{ORGANIZATION, PROJECT, header};
use crate::transport::{Limiters, RETRY_COUNT, Transport};

/// Default timeout of one attempt.
const TIMEOUT: Duration = Duration::from_secs(60);

const USER_AGENT_VALUE: &str = concat!("permissions-ext/", env!("CARGO_PKG_VERSION"));

impl ClientBuilder {
    /// Checks the settings and builds the client, without a request.
    ///
    /// # Errors
    ///
    /// Returns an error that names the missing or unusable setting.
    pub fn build(mut self) -> Result<Client, Error> {
        let base_url = self.resolve_base_url()?;
        let mut headers = self.base_headers()?;
        let key = match self.key.take() {
            _ if headers.contains_key(AUTHORIZATION) => {
                Some((Ok(Key::Absent), "the header `Authorization`"))
            }
            Some(key) => Some(key),
            None => self.variable(ADMIN_KEY)?.map(|key| {
                let key = authorization(&key.into());
                (key.map(Key::Fixed), ADMIN_KEY)
            }),
        };
        let (key, source) = key.ok_or_else(|| self.missing_key())?;
        let key_source = self.key_source.take().unwrap_or_else(|| source.to_owned());
        let key = key.map_err(|reason| {
            Error::key(format!(
                "the admin key from {key_source} is unusable: {reason}"
            ))
        })?;
        let mut key_provider = None;
        match key {
            Key::Fixed(key) => {
                if is_project_key(&key) {
                    tracing::warn!(
                        source = key_source,
                        "the key starts with sk-proj-, so it is a project key, but these operations require an admin key"
                    );
                }
                headers.insert(AUTHORIZATION, key);
            }
            Key::Provider(provider) => key_provider = Some(provider),
            Key::Absent => {}
        }
        let base_url_text = base_url.as_str().trim_end_matches('/').to_owned();
        let http = self.http_client_for(base_url)?;
        let mut context = CallContext::default();
        context.headers = Arc::new(headers);
        context.body_limit = self.body_limit;
        context.check_url = http.is_custom();
        Ok(Client(Arc::new(Transport {
            api: api::Client::new_with_client(&base_url_text, http.client.clone(), context),
            http,
            key_provider,
            key_source: key_source.into(),
            retry: self.retry,
            deadline: self.deadline,
            observer: self.observer,
            target_name: self.target_name,
            limiters: Limiters::new(self.max_wait, self.max_bulk_wait),
        })))
    }

    fn resolve_base_url(&self) -> Result<Url, Error> {
        let (text, source) = match (&self.base_url, self.variable(BASE_URL)) {
            (Some(url), _) => (url.as_str(), String::new()),
            (None, variable) => match variable? {
                Some(url) => (url, format!("{BASE_URL}: ")),
                None => (base_url::DEFAULT, String::new()),
            },
        };
        base_url::parse(text, self.allow_http)
            .map_err(|reason| Error::config(format!("{source}{reason}")))
    }

    fn base_headers(&self) -> Result<HeaderMap, Error> {
        let mut headers = HeaderMap::new();
        headers.insert(USER_AGENT, HeaderValue::from_static(USER_AGENT_VALUE));
        headers.insert(RETRY_COUNT, HeaderValue::from_static("0"));
        for (name, own, variable) in [
            (ORGANIZATION, &self.organization, ORGANIZATION_ID),
            (PROJECT, &self.project, PROJECT_ID),
        ] {
            let value = match own {
                Some(own) => Some(own.as_str()),
                None => self.variable(variable)?,
            };
            if let Some(value) = value {
                let (_, value) = header(name.as_str(), value).map_err(Error::config)?;
                headers.insert(name, value);
            }
        }
        for (name, value) in &self.headers {
            let (name, value) = header(name, value).map_err(Error::config)?;
            headers.insert(name, value);
        }
        Ok(headers)
    }

    fn http_client_for(&mut self, base_url: Url) -> Result<HttpClient, Error> {
        let Some(client) = self.http.take() else {
            let proxy = match self.proxy.take() {
                Some(proxy) => proxy?,
                None => Proxy::from_environment(&base_url, |name| std::env::var_os(name))?,
            };
            let timeout = self.timeout.unwrap_or(TIMEOUT);
            return HttpClient::new(base_url, proxy, &self.tls, self.connect_timeout, timeout);
        };
        if self.tls.is_set() {
            return Err(Error::config(
                "the HTTP client has its own TLS settings: set the certificates on that client",
            ));
        }
        if self.proxy.is_some() {
            return Err(Error::config(
                "the HTTP client has its own proxy settings: set the proxy on that client",
            ));
        }
        Ok(HttpClient::custom(base_url, client, self.timeout))
    }

    /// Returns the value of an environment variable, if the builder reads the environment. A blank value counts as
    /// unset.
    fn variable(&self, name: &str) -> Result<Option<&str>, Error> {
        let Some((_, value)) = self.variables.iter().find(|(known, _)| *known == name) else {
            return Ok(None);
        };
        let not_utf8 = || Error::config(format!("the value of {name} is not valid UTF-8"));
        let value = value.as_ref().ok_or_else(not_utf8)?.expose_secret();
        Ok((!value.trim().is_empty()).then_some(value))
    }

    fn missing_key(&self) -> Error {
        let is_set = self.variables.iter().any(|(name, _)| *name == ORDINARY_KEY);
        let hint = match is_set {
            true => " (OPENAI_API_KEY is set, but these operations reject ordinary keys)",
            false => "",
        };
        Error::key(format!(
            "no admin key: OPENAI_ADMIN_KEY is not set, and `admin_key` was not called{hint}"
        ))
    }
}
