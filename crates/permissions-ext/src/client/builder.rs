use std::ffi::OsString;
use std::fmt;
use std::future::Future;
use std::time::Duration;

use http::HeaderValue;
use secrecy::SecretString;

use crate::event::Observer;
use crate::http_client::{Proxy, Tls};
use crate::key::{KeyProvider, authorization};
use crate::{Error, Event, RetryPolicy};

pub(super) const ADMIN_KEY: &str = "OPENAI_ADMIN_KEY";
pub(super) const BASE_URL: &str = "OPENAI_BASE_URL";
pub(super) const ORGANIZATION_ID: &str = "OPENAI_ORG_ID";
pub(super) const PROJECT_ID: &str = "OPENAI_PROJECT_ID";
/// The environment variable of an ordinary key. The client never uses that key, but the error about a missing admin key
/// mentions the variable.
pub(super) const ORDINARY_KEY: &str = "OPENAI_API_KEY";

/// The environment variables that a client reads, except those of proxies.
const VARIABLES: [&str; 5] = [
    ADMIN_KEY,
    BASE_URL,
    ORGANIZATION_ID,
    PROJECT_ID,
    ORDINARY_KEY,
];

/// A builder for a [`Client`](crate::Client).
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
    /// The key and a description of its source. An error is the reason why the key is unusable.
    pub(super) key: Option<(Result<Key, &'static str>, &'static str)>,
    pub(super) key_source: Option<String>,
    pub(super) base_url: Option<String>,
    pub(super) allow_http: bool,
    pub(super) organization: Option<String>,
    pub(super) project: Option<String>,
    pub(super) headers: Vec<(String, String)>,
    pub(super) retry: RetryPolicy,
    pub(super) timeout: Option<Duration>,
    pub(super) connect_timeout: Duration,
    pub(super) deadline: Option<Duration>,
    pub(super) body_limit: Option<usize>,
    pub(super) observer: Observer,
    pub(super) target_name: Option<String>,
    pub(super) max_wait: Duration,
    pub(super) max_bulk_wait: Duration,
    pub(super) tls: Tls,
    /// The proxy setting from [`proxy`](Self::proxy) or [`no_proxy`](Self::no_proxy). An error is the reason why the
    /// URL is unusable.
    pub(super) proxy: Option<Result<Proxy, Error>>,
    /// The caller's HTTP client.
    pub(super) http: Option<reqwest::Client>,
    /// The environment variables of [`from_env`](Self::from_env) that are set, with their values. The value is `None`
    /// if the variable is not valid UTF-8.
    pub(super) variables: Vec<(&'static str, Option<SecretString>)>,
}

/// The source of the header `Authorization`.
pub(super) enum Key {
    Fixed(HeaderValue),
    Provider(KeyProvider),
    /// No key, because a gateway adds the key.
    Absent,
}

impl ClientBuilder {
    pub(super) fn new() -> Self {
        Self {
            key: None,
            key_source: None,
            base_url: None,
            allow_http: false,
            organization: None,
            project: None,
            headers: Vec::new(),
            retry: RetryPolicy::new(),
            timeout: None,
            connect_timeout: Duration::from_secs(10),
            deadline: None,
            body_limit: None,
            observer: Observer::default(),
            target_name: None,
            max_wait: Duration::from_secs(60),
            max_bulk_wait: Duration::from_secs(600),
            tls: Tls::default(),
            proxy: None,
            http: None,
            variables: Vec::new(),
        }
    }

    /// Reads the environment variables of [`Client::from_env`](crate::Client::from_env). Methods of the builder
    /// override the variables.
    pub fn from_env() -> Self {
        Self::from_variables(|name| std::env::var_os(name))
    }

    /// Reads the same variables as [`from_env`](Self::from_env), but calls a function for their values, for example to
    /// read the values from a configuration file or in a test.
    ///
    /// Proxy variables always come from the environment of the process.
    pub fn from_variables(lookup: impl Fn(&str) -> Option<OsString>) -> Self {
        let set = VARIABLES.iter().filter_map(|name| {
            let value = lookup(name)?.into_string().ok();
            Some((*name, value.map(SecretString::from)))
        });
        Self {
            variables: set.collect(),
            ..Self::new()
        }
    }

    /// Sets the admin key.
    pub fn admin_key(mut self, key: impl Into<SecretString>) -> Self {
        let key = authorization(&key.into()).map(Key::Fixed);
        self.key = Some((key, "`ClientBuilder::admin_key`"));
        self
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
        let key = Key::Provider(KeyProvider::new(provider));
        self.key = Some((Ok(key), "the key provider"));
        self
    }

    /// Describes where the program reads the key, such as `--key-file key.txt`. Errors about the key contain this
    /// description. By default, they contain the environment variable or the builder's method that set the key.
    pub fn key_source(mut self, description: impl Into<String>) -> Self {
        self.key_source = Some(description.into());
        self
    }

    /// Sends no key, for a gateway that adds a key.
    pub fn without_key(mut self) -> Self {
        self.key = Some((Ok(Key::Absent), ""));
        self
    }

    /// Sets the base URL of the API, including the version. The default is `https://api.openai.com/v1`.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = Some(url.into());
        self
    }

    /// Allows an `http` base URL of another machine. Everyone on the network path can then read the key.
    pub fn allow_http(mut self) -> Self {
        self.allow_http = true;
        self
    }

    /// Sets the header `OpenAI-Organization`.
    pub fn organization(mut self, id: impl Into<String>) -> Self {
        self.organization = Some(id.into());
        self
    }

    /// Sets the header `OpenAI-Project`.
    pub fn project(mut self, id: impl Into<String>) -> Self {
        self.project = Some(id.into());
        self
    }

    /// Adds a header to every request. An `Authorization` header replaces the key.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sets how often and how soon a failed request is retried.
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
        self.body_limit = Some(bytes);
        self
    }

    /// Sets the longest wait that the API may ask for. A call fails if the API asks for a longer wait. The default is
    /// 60 s. For a plan, an apply, an audit and a create with several batches, [`max_bulk_wait`](Self::max_bulk_wait)
    /// applies instead.
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

    /// Sets a name for the API. The [`Target`](crate::sync::Target) of a plan then contains the name instead of the
    /// base URL. Set a name if the base URL changes between runs, for example with an embedded server.
    pub fn target_name(mut self, name: impl Into<String>) -> Self {
        self.target_name = Some(name.into());
        self
    }

    /// Calls a function for each attempt and each page. The function should return soon, because the call waits for the
    /// function.
    ///
    /// ```
    /// use permissions_ext::{Client, Event};
    ///
    /// let builder = Client::builder().observer(|event| {
    ///     if let Event::Failed { operation, error, delay: Some(delay), .. } = event {
    ///         eprintln!("{operation}: {error}; retry in {delay:?}");
    ///     }
    /// });
    /// ```
    pub fn observer(mut self, observe: impl Fn(&Event<'_>) + Send + Sync + 'static) -> Self {
        self.observer = Observer::new(observe);
        self
    }

    /// Sends all requests through this proxy: `http`, `https`, `socks5` (the host is resolved on this machine) or
    /// `socks5h` (the proxy resolves the host). The URL may contain a user name and a password.
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
        self.proxy = Some(Proxy::parse(&url.into()));
        self
    }

    /// Ignores the proxies of the environment and the operating system.
    pub fn no_proxy(mut self) -> Self {
        self.proxy = Some(Ok(Proxy::None));
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
    /// The reqwest client decides about proxies, TLS, timeouts and its own retries. Create the reqwest client with
    /// [`Policy::none`](reqwest::redirect::Policy::none). A client that follows a redirect sends a write to another
    /// URL or turns the write into a read. A response from another URL than the requested URL is therefore an error.
    #[cfg(feature = "reqwest")]
    pub fn http_client(mut self, client: reqwest::Client) -> Self {
        self.http = Some(client);
        self
    }
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
