use std::ffi::OsString;
use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use http::header::{ACCEPT, AUTHORIZATION, USER_AGENT};
use http::{HeaderMap, HeaderValue};
use permissions_api as api;
use permissions_api::hooks::{CallContext, DEFAULT_BODY_LIMIT};
use secrecy::SecretString;

use super::{Client, base_url, environment};
use crate::event::Observer;
use crate::http_client::{HttpClient, ProxyChoice, Tls};
use crate::key::{KeyProvider, authorization, is_project_key};
use crate::options::{ORGANIZATION, PROJECT, header};
use crate::transport::{Limiters, RETRY_COUNT, Transport};
use crate::{Error, Event, RetryPolicy};

/// A builder for a [`Client`].
///
/// ```
/// use std::time::Duration;
/// use permissions_ext::Client;
///
/// # fn main() -> Result<(), permissions_ext::Error> {
/// let client = Client::builder()
///     .admin_key("sk-admin-1")
///     .base_url("http://127.0.0.1:8080/v1")
///     .timeout(Duration::from_secs(10))
///     .build()?;
/// # Ok(())
/// # }
/// ```
#[must_use]
pub struct ClientBuilder {
    /// `None` if no key was set. An error is the reason why the key is unusable.
    key: Option<Result<Key, &'static str>>,
    key_source: Option<String>,
    default_key_source: &'static str,
    base_url: Option<String>,
    /// Whether the base URL comes from `OPENAI_BASE_URL`, which its errors then mention.
    base_url_is_variable: bool,
    allow_http: bool,
    organization: Option<String>,
    project: Option<String>,
    headers: Vec<(String, String)>,
    retry: RetryPolicy,
    timeout: Option<Duration>,
    connect_timeout: Duration,
    deadline: Option<Duration>,
    body_limit: usize,
    observer: Observer,
    target_name: Option<String>,
    max_wait: Duration,
    max_bulk_wait: Duration,
    tls: Tls,
    proxy: ProxyChoice,
    /// The caller's HTTP client.
    http: Option<reqwest::Client>,
    /// Whether `OPENAI_API_KEY` is set, which the error about a missing admin key then mentions.
    ordinary_key: bool,
    /// Unusable environment variables with the reasons. A method that sets the same value removes the variable.
    bad_variables: Vec<(&'static str, String)>,
}

/// The source of the header `Authorization`.
enum Key {
    Fixed(HeaderValue),
    Provider(KeyProvider),
    /// No key, because a gateway adds it.
    Absent,
}

impl ClientBuilder {
    pub(super) fn new() -> Self {
        Self {
            key: None,
            key_source: None,
            default_key_source: "",
            base_url: None,
            base_url_is_variable: false,
            allow_http: false,
            organization: None,
            project: None,
            headers: Vec::new(),
            retry: RetryPolicy::new(),
            timeout: None,
            connect_timeout: Duration::from_secs(10),
            deadline: None,
            body_limit: DEFAULT_BODY_LIMIT,
            observer: Observer::default(),
            target_name: None,
            max_wait: Duration::from_secs(60),
            max_bulk_wait: Duration::from_secs(600),
            tls: Tls::default(),
            proxy: ProxyChoice::default(),
            http: None,
            ordinary_key: false,
            bad_variables: Vec::new(),
        }
    }

    /// Reads the environment variables of [`Client::from_env`]. Methods of the builder override them.
    pub fn from_env() -> Self {
        Self::from_variables(|name| std::env::var_os(name))
    }

    /// Reads the same variables from a function, for example from a configuration file or in a test.
    ///
    /// Proxy variables always come from the environment of the process.
    pub fn from_variables(lookup: impl Fn(&str) -> Option<OsString>) -> Self {
        let mut builder = Self::new();
        let mut read = |name| {
            environment::variable(&lookup, name).unwrap_or_else(|reason| {
                builder.bad_variables.push((name, reason));
                None
            })
        };
        let key = read(environment::ADMIN_KEY);
        let base_url = read(environment::BASE_URL);
        let organization = read(environment::ORGANIZATION);
        let project = read(environment::PROJECT);
        builder.ordinary_key = lookup(environment::ORDINARY_KEY).is_some();
        if let Some(key) = key {
            builder.key = Some(authorization(&key.into()).map(Key::Fixed));
            builder.default_key_source = environment::ADMIN_KEY;
        }
        Self {
            base_url_is_variable: base_url.is_some(),
            base_url,
            organization,
            project,
            ..builder
        }
    }

    /// Sets the admin key.
    pub fn admin_key(mut self, key: impl Into<SecretString>) -> Self {
        self.key = Some(authorization(&key.into()).map(Key::Fixed));
        self.default_key_source = "`ClientBuilder::admin_key`";
        self.forgive(environment::ADMIN_KEY)
    }

    /// Calls a function for the admin key before each attempt, for keys that rotate.
    ///
    /// ```
    /// use permissions_ext::{Client, SecretString};
    ///
    /// # fn main() -> Result<(), permissions_ext::Error> {
    /// let client = Client::builder()
    ///     .key_provider(|| async {
    ///         let key = std::fs::read_to_string("/run/secrets/admin-key")?;
    ///         Ok(SecretString::from(key.trim_end()))
    ///     })
    ///     .base_url("http://127.0.0.1:8080/v1")
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn key_provider<F, Fut>(mut self, provider: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<SecretString, Box<dyn std::error::Error + Send + Sync>>>
            + Send
            + 'static,
    {
        self.key = Some(Ok(Key::Provider(KeyProvider::new(provider))));
        self.default_key_source = "the key provider";
        self.forgive(environment::ADMIN_KEY)
    }

    /// Describes where the program reads the key, such as `--key-file key.txt`. Errors about the key mention it. By
    /// default, they mention the variable or the method.
    pub fn key_source(mut self, description: impl Into<String>) -> Self {
        self.key_source = Some(description.into());
        self
    }

    /// Sends no key, for a gateway that adds one.
    pub fn without_key(mut self) -> Self {
        self.key = Some(Ok(Key::Absent));
        self.forgive(environment::ADMIN_KEY)
    }

    /// Sets the base URL of the API, including the version. The default is `https://api.openai.com/v1`.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = Some(url.into());
        self.base_url_is_variable = false;
        self.forgive(environment::BASE_URL)
    }

    /// Allows an `http` base URL of another machine. Everyone on the network path can then read the key.
    pub fn allow_http(mut self) -> Self {
        self.allow_http = true;
        self
    }

    /// Sets the header `OpenAI-Organization`.
    pub fn organization(mut self, id: impl Into<String>) -> Self {
        self.organization = Some(id.into());
        self.forgive(environment::ORGANIZATION)
    }

    /// Sets the header `OpenAI-Project`.
    pub fn project(mut self, id: impl Into<String>) -> Self {
        self.project = Some(id.into());
        self.forgive(environment::PROJECT)
    }

    /// Adds a header to every request. An `Authorization` header replaces the key.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sets when and how soon a failed request is retried.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// Limits the time of one attempt, from connecting to the last byte of the response. The default is 60 s, or the
    /// timeout of a client that `http_client` sets.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Limits the time to connect, including the TLS handshake. The default is 10 s.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// Limits the time of a call with all its attempts and waits. There is no limit by default.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// Limits the size of a response body in bytes. The default is 32 MiB.
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self
    }

    /// Sets the longest wait that the API may ask for. A call fails if the API asks for a longer one. The default is
    /// 60 s. Plans, applies, audits and creates with several batches use [`max_bulk_wait`](Self::max_bulk_wait).
    pub fn max_wait(mut self, wait: Duration) -> Self {
        self.max_wait = wait;
        self
    }

    /// Sets the longest wait that the API may ask for during a plan, an apply, an audit or a create with several
    /// batches. The default is 10 minutes.
    pub fn max_bulk_wait(mut self, wait: Duration) -> Self {
        self.max_bulk_wait = wait;
        self
    }

    /// Sets the name of the API in the [`Target`](crate::sync::Target) of plans, instead of the base URL. Use it if the
    /// base URL changes, for example with an embedded server.
    pub fn target_name(mut self, name: impl Into<String>) -> Self {
        self.target_name = Some(name.into());
        self
    }

    /// Calls a function for each attempt and each page. It should return soon, because the call waits for it.
    ///
    /// ```
    /// use permissions_ext::{Client, Event};
    ///
    /// let builder = Client::builder().observer(|event| {
    ///     if let Event::Failed { operation, error, delay: Some(delay), .. } = event {
    ///         eprintln!("{operation}: {error}; again in {delay:?}");
    ///     }
    /// });
    /// ```
    pub fn observer(mut self, observe: impl Fn(&Event<'_>) + Send + Sync + 'static) -> Self {
        self.observer = Observer::new(observe);
        self
    }

    /// Sends all requests through this proxy: `http`, `https`, `socks5` (the host is resolved on this machine) or
    /// `socks5h` (the proxy resolves it). The URL may contain a user name and a password.
    ///
    /// Without this method, requests use the proxy of the variables `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and
    /// `NO_PROXY`, also in lower case, or of the operating system on macOS and Windows. Requests to a loopback address
    /// use a proxy only if this method sets one.
    ///
    /// ```no_run
    /// use permissions_ext::Client;
    ///
    /// # fn main() -> Result<(), permissions_ext::Error> {
    /// let client = Client::builder()
    ///     .admin_key("sk-admin-1")
    ///     .proxy("socks5h://127.0.0.1:1080")
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn proxy(mut self, url: impl Into<SecretString>) -> Self {
        self.proxy = ProxyChoice::Url(url.into());
        self
    }

    /// Ignores the proxies of the environment and the operating system.
    pub fn no_proxy(mut self) -> Self {
        self.proxy = ProxyChoice::Never;
        self
    }

    /// Trusts the PEM-encoded root certificates in addition to those of the operating system, for example for a
    /// gateway with a private certificate authority. May be called several times.
    ///
    /// ```no_run
    /// use permissions_ext::Client;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let client = Client::builder()
    ///     .admin_key("sk-admin-1")
    ///     .base_url("https://gateway.example.com/v1")
    ///     .root_certificates(std::fs::read("/etc/ssl/gateway-ca.pem")?)
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn root_certificates(mut self, pem: impl AsRef<[u8]>) -> Self {
        self.tls.add_roots(pem.as_ref());
        self
    }

    /// Sets the client certificate for mutual TLS: the certificate chain and the private key, PEM-encoded. If one file
    /// contains both, pass it twice.
    ///
    /// The key may be PKCS#8 (`PRIVATE KEY`), PKCS#1 (`RSA PRIVATE KEY`) or SEC1 (`EC PRIVATE KEY`) without
    /// encryption. With the feature `native-tls` it must be PKCS#8. [`build`](Self::build) fails if key and certificate
    /// do not match. With an `http` base URL the certificate is not used.
    ///
    /// ```no_run
    /// use permissions_ext::Client;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let client = Client::builder()
    ///     .admin_key("sk-admin-1")
    ///     .client_certificate(std::fs::read("client.pem")?, std::fs::read("client.key")?)
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn client_certificate(
        mut self,
        certificate_pem: impl AsRef<[u8]>,
        key_pem: impl AsRef<[u8]>,
    ) -> Self {
        self.tls
            .set_identity(certificate_pem.as_ref(), key_pem.as_ref());
        self
    }

    /// Sends all requests through this reqwest client.
    ///
    /// The client decides about proxies, TLS, timeouts and its own retries. Create it with
    /// [`Policy::none`](reqwest::redirect::Policy::none): a redirect would send a write to another URL or turn it into
    /// a read, so a response from another URL than the requested one is an error.
    #[cfg(feature = "reqwest")]
    pub fn http_client(mut self, client: reqwest::Client) -> Self {
        self.http = Some(client);
        self
    }

    /// Checks the settings and builds the client, without a request.
    ///
    /// # Errors
    ///
    /// Returns an error that names the missing or unusable setting.
    pub fn build(self) -> Result<Client, Error> {
        if let Some((_, reason)) = self.bad_variables.first() {
            return Err(Error::config(reason));
        }
        let base_url = base_url::parse(
            self.base_url.as_deref().unwrap_or(base_url::DEFAULT),
            self.allow_http,
        )
        .map_err(|reason| match self.base_url_is_variable {
            true => Error::config(format!("{}: {reason}", environment::BASE_URL)),
            false => Error::config(reason),
        })?;
        let mut headers = self.base_headers()?;
        let default_key_source = match headers.get(AUTHORIZATION) {
            Some(_) => "the header `Authorization`",
            None => self.default_key_source,
        };
        let key_source = self
            .key_source
            .unwrap_or_else(|| default_key_source.to_owned());
        let mut key_provider = None;
        match self.key {
            _ if headers.contains_key(AUTHORIZATION) => {}
            Some(Ok(Key::Fixed(key))) => {
                warn_about_project_key(&key, &key_source);
                headers.insert(AUTHORIZATION, key);
            }
            Some(Ok(Key::Provider(provider))) => key_provider = Some(provider),
            Some(Ok(Key::Absent)) => {}
            Some(Err(reason)) => {
                let reason = format!("the admin key from {key_source} is unusable: {reason}");
                return Err(Error::key(reason));
            }
            None => return Err(missing_key(self.ordinary_key)),
        }
        let base_url_text = base_url.as_str().trim_end_matches('/').to_owned();
        let http = match self.http {
            None => {
                let proxy = self
                    .proxy
                    .resolve(&base_url, |name| std::env::var_os(name))?;
                let timeout = self.timeout.unwrap_or(TIMEOUT);
                HttpClient::new(base_url, proxy, &self.tls, self.connect_timeout, timeout)?
            }
            Some(_) if self.tls.is_set() => {
                return Err(Error::config(
                    "the HTTP client has its own TLS settings: set the certificates on that client",
                ));
            }
            Some(_) if self.proxy.is_set() => {
                return Err(Error::config(
                    "the HTTP client has its own proxy settings: set the proxy on that client",
                ));
            }
            Some(client) => HttpClient::custom(base_url, client, self.timeout),
        };
        let mut context = CallContext::new();
        context.headers = Arc::new(headers);
        context.body_limit = self.body_limit;
        context.check_url = http.is_custom;
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

    fn base_headers(&self) -> Result<HeaderMap, Error> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(USER_AGENT, HeaderValue::from_static(USER_AGENT_VALUE));
        headers.insert(RETRY_COUNT, HeaderValue::from_static("0"));
        for (name, value) in [(ORGANIZATION, &self.organization), (PROJECT, &self.project)] {
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

    /// Discards the error about an environment variable, because a method has set its value.
    fn forgive(mut self, variable: &'static str) -> Self {
        self.bad_variables.retain(|(name, _)| *name != variable);
        self
    }
}

/// Default timeout of one attempt.
const TIMEOUT: Duration = Duration::from_secs(60);
const USER_AGENT_VALUE: &str = concat!("permissions-ext/", env!("CARGO_PKG_VERSION"));

fn warn_about_project_key(key: &HeaderValue, source: &str) {
    if is_project_key(key) {
        tracing::warn!(
            source,
            "the key starts with sk-proj-, so it is a project key, but these operations require an admin key"
        );
    }
}

fn missing_key(has_ordinary_key: bool) -> Error {
    let hint = if has_ordinary_key {
        " (OPENAI_API_KEY is set, but these operations reject ordinary keys)"
    } else {
        ""
    };
    Error::key(format!(
        "no admin key: OPENAI_ADMIN_KEY is not set, and `admin_key` was not called{hint}"
    ))
}

/// Omits the key, URLs and headers. Even a header's name may be a secret, if the arguments of `header` were swapped.
impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("headers", &self.headers.len())
            .field("retry", &self.retry)
            .field("timeout", &self.timeout)
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}
