use std::ffi::OsString;
use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use http::header::{AUTHORIZATION, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue};
use permissions_api::hooks::{self, CallContext};
use secrecy::SecretString;

use super::{Client, Tls, base_url, environment};
use crate::event::Observer;
use crate::http1::Http;
use crate::key::{Key, Secret};
use crate::options::header;
use crate::transport::{NO_TIMEOUT, RETRY_COUNT, Transport};
use crate::{Error, Event, RetryPolicy};

/// Makes a [`Client`].
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
    key: KeyChoice,
    base_url: Option<String>,
    /// Whether it is the variable's, which its errors then name.
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
    pub(super) tls: Tls,
    /// A client of one's own.
    http: Option<Arc<dyn hooks::Transport>>,
    /// An ordinary key is there, which is worth a word where the admin key is not.
    ordinary_key: bool,
    /// What is wrong with the environment, by variable, until an explicit value makes it irrelevant.
    bad_variables: Vec<(&'static str, String)>,
}

enum KeyChoice {
    Unset,
    Given {
        key: SecretString,
        origin: &'static str,
    },
    Provider(Key),
    Absent,
}

impl ClientBuilder {
    pub(super) fn new() -> Self {
        Self {
            key: KeyChoice::Unset,
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
            body_limit: hooks::DEFAULT_BODY_LIMIT,
            observer: Observer::default(),
            tls: Tls::default(),
            http: None,
            ordinary_key: false,
            bad_variables: Vec::new(),
        }
    }

    /// Starts from the environment as [`Client::from_env`] reads it; what is then set here wins.
    pub fn from_env() -> Self {
        Self::from_variables(|name| std::env::var_os(name))
    }

    /// Starts from variables as `lookup` gives them: another environment, a configuration file, a test.
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
            builder.key = KeyChoice::Given {
                key: key.into(),
                origin: environment::ADMIN_KEY,
            };
        }
        Self {
            base_url_is_variable: base_url.is_some(),
            base_url,
            organization,
            project,
            ..builder
        }
    }

    /// The admin key.
    pub fn admin_key(mut self, key: impl Into<SecretString>) -> Self {
        self.key = KeyChoice::Given {
            key: key.into(),
            origin: "the admin key",
        };
        self.forgive(environment::ADMIN_KEY)
    }

    /// Asks for the admin key before each attempt, for keys that rotate.
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
        self.key = KeyChoice::Provider(Key::provider(provider));
        self.forgive(environment::ADMIN_KEY)
    }

    /// Sends no key: something on the way, such as a proxy, adds it.
    pub fn without_key(mut self) -> Self {
        self.key = KeyChoice::Absent;
        self.forgive(environment::ADMIN_KEY)
    }

    /// Where the API is, up to and with its version; `https://api.openai.com/v1` unless set.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = Some(url.into());
        self.base_url_is_variable = false;
        self.forgive(environment::BASE_URL)
    }

    /// Allows a base URL without encryption that is not on this machine. Anyone on the way can then read the key.
    pub fn allow_http(mut self) -> Self {
        self.allow_http = true;
        self
    }

    /// Sent as `OpenAI-Organization`.
    pub fn organization(mut self, id: impl Into<String>) -> Self {
        self.organization = Some(id.into());
        self.forgive(environment::ORGANIZATION)
    }

    /// Sent as `OpenAI-Project`.
    pub fn project(mut self, id: impl Into<String>) -> Self {
        self.project = Some(id.into());
        self.forgive(environment::PROJECT)
    }

    /// A header that every request carries. One named `Authorization` is sent in place of the key.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// When and how soon a failed request is sent again.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// The longest that one attempt may take, from sending to the last byte of the answer; 60 s unless set, or what a
    /// client of one's own has.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// The longest that making a connection may take; 10 s unless set.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// The longest that a call may take with all its attempts and waits; unlimited unless set.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// The most that is read of an answer, in bytes; 32 MiB unless set.
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self
    }

    /// Told of each attempt and each page; it should return soon, as the call waits for it.
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

    /// Sends through an HTTP client of one's own: SOCKS, HTTP/2, a resolver.
    ///
    /// It brings its own time-outs, TLS and redirect policy; give it [`reqwest::redirect::Policy::none`], as a
    /// redirect that is followed takes a write elsewhere or makes a read of it.
    #[cfg(feature = "reqwest-client")]
    pub fn http_client(mut self, http: reqwest::Client) -> Self {
        self.http = Some(Arc::new(http));
        self
    }

    /// Checks everything and makes the client. Nothing is sent.
    ///
    /// # Errors
    ///
    /// Where a setting is missing or cannot be used; the text names it.
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
        let own_authorization = headers.get(AUTHORIZATION);
        let key = match self.key {
            // Known, so that it can be blotted out.
            _ if own_authorization.is_some() => own_authorization
                .and_then(Secret::in_header)
                .map_or(Key::Absent, Key::Fixed),
            KeyChoice::Given { key, origin } => Key::Fixed(fixed_key(key, origin)?),
            KeyChoice::Provider(provider) => provider,
            KeyChoice::Absent => Key::Absent,
            KeyChoice::Unset => return Err(missing_key(self.ordinary_key)),
        };
        if let Some(secret) = key.fixed() {
            headers.insert(AUTHORIZATION, secret.header());
        }
        let timeout = self.timeout.unwrap_or(match self.http {
            Some(_) => NO_TIMEOUT,
            None => TIMEOUT,
        });
        let http: Arc<dyn hooks::Transport> = match self.http {
            Some(_) if self.tls.is_set() => {
                return Err(Error::config(
                    "an HTTP client of one's own brings its own TLS: give it the certificates instead",
                ));
            }
            Some(http) => http,
            None => Arc::new(Http::new(&base_url, self.connect_timeout, &self.tls)?),
        };
        Ok(Client(Arc::new(Transport {
            api: permissions_api::Client::new_with_client(&base_url, http, CallContext::new()),
            headers: Arc::new(headers),
            key,
            retry: self.retry,
            timeout,
            deadline: self.deadline,
            body_limit: self.body_limit,
            observer: self.observer,
        })))
    }

    fn base_headers(&self) -> Result<HeaderMap, Error> {
        let mut headers = HeaderMap::new();
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

    /// An explicit value makes what is wrong with its variable irrelevant.
    fn forgive(mut self, variable: &'static str) -> Self {
        self.bad_variables.retain(|(name, _)| *name != variable);
        self
    }
}

/// Of one attempt, unless set.
const TIMEOUT: Duration = Duration::from_secs(60);
const USER_AGENT_VALUE: &str = concat!("permissions-ext/", env!("CARGO_PKG_VERSION"));
const ORGANIZATION: HeaderName = HeaderName::from_static("openai-organization");
const PROJECT: HeaderName = HeaderName::from_static("openai-project");

fn fixed_key(key: SecretString, origin: &str) -> Result<Secret, Error> {
    let secret = Secret::new(key)
        .map_err(|reason| Error::config(format!("{origin} cannot be used: {reason}")))?;
    if secret.is_project_key() {
        tracing::warn!(
            "the key starts with sk-proj-, so it is a project key; these operations need an admin key"
        );
    }
    Ok(secret)
}

fn missing_key(ordinary_key: bool) -> Error {
    let hint = if ordinary_key {
        "; OPENAI_API_KEY is set, but these operations take no ordinary key"
    } else {
        ""
    };
    Error::config(format!(
        "there is no admin key: set OPENAI_ADMIN_KEY, or give one with `admin_key`{hint}"
    ))
}

/// Without the values of headers and URL, which may hold secrets.
impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("key", &self.key)
            .field(
                "headers",
                &self
                    .headers
                    .iter()
                    .map(|(name, _)| name)
                    .collect::<Vec<_>>(),
            )
            .field("retry", &self.retry)
            .field("timeout", &self.timeout)
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for KeyChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unset => "Unset",
            Self::Given { .. } => "Given([key])",
            Self::Provider(_) => "Provider",
            Self::Absent => "Absent",
        })
    }
}
