//! The proxy that a client uses.

use std::ffi::OsString;
use std::net::IpAddr;

use http::Uri;
use http::uri::Scheme;
use ipnet::IpNet;
use secrecy::{ExposeSecret as _, SecretString};
use url::{Host, Url};

use super::is_loopback;
use crate::Error;

/// The proxy that the requests of a client use.
#[derive(Clone)]
pub(crate) enum Proxy {
    None,
    Url(ProxyUrl),
    /// The operating system selects the proxy for each request.
    System,
    /// The caller's HTTP client selects the proxy.
    Unknown,
}

/// The URL of a proxy. The parts are separate so that messages can mention it without its credentials.
#[derive(Clone)]
pub(crate) struct ProxyUrl {
    scheme: String,
    credentials: Option<SecretString>,
    host_and_port: String,
}

/// Returns whether the value of `NO_PROXY` matches the host. The syntax is the same as in reqwest, but `*` also matches
/// IP addresses.
fn is_exempt(base_url: &Url, no_proxy: &str) -> bool {
    let is_within = |entry: &str, address: IpAddr| match entry.parse::<IpNet>() {
        Ok(network) => network.contains(&address),
        Err(_) => entry.parse() == Ok(address),
    };
    no_proxy.split(',').map(str::trim).any(|entry| {
        entry == "*"
            || match base_url.host() {
                Some(Host::Domain(name)) => is_in_domain(name, entry),
                Some(Host::Ipv4(address)) => is_within(entry, address.into()),
                Some(Host::Ipv6(address)) => is_within(entry, address.into()),
                None => false,
            }
    })
}

/// Returns whether a host equals the domain or is one of its subdomains. The domain may start with a dot.
fn is_in_domain(host: &str, domain: &str) -> bool {
    let domain = domain.strip_prefix('.').unwrap_or(domain);
    let domain = domain.to_ascii_lowercase();
    !domain.is_empty()
        && host
            .strip_suffix(&domain)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

impl Proxy {
    /// Parses the URL of a proxy.
    pub(crate) fn parse(url: &SecretString) -> Result<Self, Error> {
        let url = ProxyUrl::parse(url.expose_secret());
        url.map(Self::Url)
            .map_err(|reason| Error::config(format!("the proxy cannot be used: {reason}")))
    }

    /// Returns the proxy of the environment variables, or else of the operating system. Reads the variables in
    /// reqwest's order: the uppercase name takes precedence over the lowercase one, even if the uppercase variable is
    /// empty.
    ///
    /// # Errors
    ///
    /// Returns a configuration error if the proxy's URL cannot be used. The error contains the name of the variable,
    /// but no part of the value.
    pub(crate) fn from_environment(
        base_url: &Url,
        variable: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Self, Error> {
        let first = |names: [&'static str; 2]| {
            let mut set = names
                .into_iter()
                .filter_map(|name| Some((name, variable(name)?)));
            set.next()
        };
        let no_proxy = first(["NO_PROXY", "no_proxy"]);
        // Uses no proxy for a server on this machine, because a proxy could not reach the server, but could read the
        // key. Uses no proxy in a CGI script either, because an attacker can set HTTP_PROXY there with a request
        // header. reqwest also ignores proxy variables in CGI scripts.
        if is_loopback(base_url)
            || variable("REQUEST_METHOD").is_some()
            || no_proxy.is_some_and(|(_, hosts)| is_exempt(base_url, &hosts.to_string_lossy()))
        {
            return Ok(Self::None);
        }
        let of_scheme = match base_url.scheme() {
            "https" => ["HTTPS_PROXY", "https_proxy"],
            _ => ["HTTP_PROXY", "http_proxy"],
        };
        for names in [of_scheme, ["ALL_PROXY", "all_proxy"]] {
            let Some((name, value)) = first(names) else {
                continue;
            };
            let unusable =
                |reason| Error::config(format!("the proxy in {name} cannot be used: {reason}"));
            let value = value.into_string();
            let value = value.map_err(|_| unusable("the value is not valid UTF-8"))?;
            if !value.trim().is_empty() {
                return ProxyUrl::parse(&value).map(Self::Url).map_err(unusable);
            }
        }
        // reqwest reads the operating system's proxy settings only on macOS and Windows.
        Ok(match cfg!(any(target_os = "macos", windows)) {
            true => Self::System,
            false => Self::None,
        })
    }

    /// Describes the proxy in an error message, without credentials.
    pub(super) fn name(&self) -> Option<String> {
        match self {
            Self::None => None,
            Self::Url(url) => Some(format!("the proxy {}", url.address())),
            Self::System => Some("the system proxy".to_owned()),
            Self::Unknown => Some("the HTTP client's proxy".to_owned()),
        }
    }

    /// Returns a description of the proxy if the proxy can send responses of its own. SOCKS proxies and tunnels cannot,
    /// because they only forward bytes.
    pub(super) fn forwards(&self, base_url: &Url) -> Option<String> {
        match self {
            Self::Url(url) if base_url.scheme() == "http" && !url.is_socks() => self.name(),
            _ => None,
        }
    }

    /// Returns whether connections to the proxy may be encrypted.
    pub(super) fn may_use_tls(&self) -> bool {
        match self {
            Self::Url(url) => url.scheme == "https",
            Self::System => true,
            Self::None | Self::Unknown => false,
        }
    }

    pub(super) fn configure(
        &self,
        builder: reqwest::ClientBuilder,
    ) -> Result<reqwest::ClientBuilder, Error> {
        match self {
            Self::None => Ok(builder.no_proxy()),
            Self::System | Self::Unknown => Ok(builder),
            Self::Url(url) => {
                // Omits the cause, because it contains the URL.
                let proxy = reqwest::Proxy::all(url.with_credentials()).map_err(|_| {
                    let address = url.address();
                    Error::config(format!("the proxy {address} cannot be used: invalid URL"))
                })?;
                Ok(builder.no_proxy().proxy(proxy))
            }
        }
    }
}

impl ProxyUrl {
    /// Parses a URL as reqwest does, but returns an error if the URL is unusable. reqwest would ignore an unusable URL,
    /// and requests would bypass the proxy.
    fn parse(text: &str) -> Result<Self, &'static str> {
        const INVALID: &str = "it is not a URL such as http://proxy.example.com:3128";
        let uri: Uri = text.parse().map_err(|_| INVALID)?;
        let scheme = uri.scheme().unwrap_or(&Scheme::HTTP).as_str();
        if !["http", "https", "socks4", "socks4a", "socks5", "socks5h"].contains(&scheme) {
            return Err(
                "its scheme is not one of http, https, socks5, socks5h, socks4 and socks4a",
            );
        }
        let authority = uri.authority().ok_or(INVALID)?.as_str();
        let (credentials, host_and_port) = match authority.split_once('@') {
            Some((credentials, rest)) => (Some(credentials.into()), rest),
            None => (None, authority),
        };
        let host = uri.host().unwrap_or_default();
        let port = host_and_port.strip_prefix(host).unwrap_or_default();
        let is_port = |text: &str| text.parse::<u16>().is_ok_and(|port| port != 0);
        if host.is_empty() || !(port.is_empty() || port.strip_prefix(':').is_some_and(is_port)) {
            return Err("its host or port is invalid");
        }
        Ok(Self {
            scheme: scheme.to_owned(),
            credentials,
            host_and_port: host_and_port.to_owned(),
        })
    }

    fn is_socks(&self) -> bool {
        self.scheme.starts_with("socks")
    }

    fn address(&self) -> String {
        format!("{}://{}", self.scheme, self.host_and_port)
    }

    fn with_credentials(&self) -> String {
        match &self.credentials {
            None => self.address(),
            Some(credentials) => {
                let credentials = credentials.expose_secret();
                format!("{}://{credentials}@{}", self.scheme, self.host_and_port)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(base_url: &str, variables: &[(&str, &str)]) -> Result<Option<String>, String> {
        let variable = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name)?;
            Some(OsString::from(found.1))
        };
        let base_url = Url::parse(base_url).unwrap();
        let proxy = Proxy::from_environment(&base_url, variable);
        proxy
            .map(|proxy| match proxy {
                Proxy::Url(url) => Some(url.address()),
                _ => None,
            })
            .map_err(|error| error.to_string())
    }

    const API: &str = "https://api.test/v1";

    #[test]
    fn scheme_specific_proxy_variable_overrides_all_proxy() {
        let variables = [
            ("HTTPS_PROXY", "http://user:secret@tls.test:3128/path"),
            ("http_proxy", "plain.test:1"),
            ("ALL_PROXY", "socks5h://all.test"),
        ];
        let proxy = |base_url| resolve(base_url, &variables).unwrap().unwrap();
        assert_eq!(proxy(API), "http://tls.test:3128");
        assert_eq!(proxy("http://api.test"), "http://plain.test:1");
        let all = resolve(API, &variables[2..]).unwrap().unwrap();
        assert_eq!(all, "socks5h://all.test");
    }

    #[test]
    fn empty_uppercase_proxy_variable_overrides_lowercase() {
        let variables = [("HTTPS_PROXY", ""), ("https_proxy", "http://lower.test")];
        assert_eq!(resolve(API, &variables), Ok(None));
        let variables = [("HTTPS_PROXY", " "), ("all_proxy", "http://all.test")];
        let all = resolve(API, &variables).unwrap().unwrap();
        assert_eq!(all, "http://all.test");
    }

    #[test]
    fn error_of_unusable_proxy_variable_contains_its_name() {
        for value in [
            "socks://h",
            "ftp://h",
            "SOCKS5://h",
            "http://[::bad",
            "http://a b:1",
            "http://",
            "http://:3128",
            "http://h:99999",
            "http://h:0",
            "http://h:x",
            "http://user:secret@",
            "/path",
            "*",
        ] {
            for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
                let error = resolve(API, &[(name, value)]).unwrap_err();
                assert!(error.contains(&format!(" {name} ")), "{value}: {error}");
                assert!(!error.contains("secret"), "{error}");
            }
        }
    }

    #[cfg(unix)]
    #[test]
    fn proxy_variable_that_is_not_utf8_fails() {
        use std::os::unix::ffi::OsStringExt as _;

        let variable = |name: &str| {
            (name == "HTTPS_PROXY").then(|| OsString::from_vec(b"http://\xff".to_vec()))
        };
        let url = Url::parse(API).unwrap();
        let error = Proxy::from_environment(&url, variable);
        let text = error.err().unwrap().to_string();
        assert!(text.contains("HTTPS_PROXY"), "{text}");
    }

    #[test]
    fn unusable_proxy_variable_is_ignored_if_not_used() {
        let bad = "socks://h";
        for (base_url, variables) in [
            ("http://127.0.0.1:8080/v1", vec![("HTTP_PROXY", bad)]),
            ("http://[::1]/v1", vec![("ALL_PROXY", bad)]),
            ("https://localhost/v1", vec![("HTTPS_PROXY", bad)]),
            (API, vec![("HTTP_PROXY", bad)]),
            (API, vec![("HTTPS_PROXY", bad), ("NO_PROXY", "test")]),
            (API, vec![("HTTPS_PROXY", bad), ("REQUEST_METHOD", "GET")]),
        ] {
            assert_eq!(resolve(base_url, &variables), Ok(None), "{variables:?}");
        }
    }

    #[test]
    fn no_proxy_matches_domains_networks_and_star() {
        for (no_proxy, host, exempt) in [
            ("api.test", "api.test", true),
            ("other.test, .Test", "api.test", true),
            ("pi.test", "api.test", false),
            ("api.test.", "api.test", false),
            ("", "api.test", false),
            ("*", "api.test", true),
            ("x, *", "10.1.2.3", true),
            ("*", "[fd00::1]", true),
            ("*.test", "api.test", false),
            ("10.1.0.0/16", "10.1.2.3", true),
            ("10.2.0.0/16", "10.1.2.3", false),
            ("10.1.2.3", "10.1.2.3", true),
            ("3", "10.1.2.3", false),
            ("fd00::/8", "[fd00::1]", true),
        ] {
            let variables = [("HTTPS_PROXY", "http://p.test"), ("no_proxy", no_proxy)];
            let proxy = resolve(&format!("https://{host}/v1"), &variables).unwrap();
            assert_eq!(proxy.is_none(), exempt, "{no_proxy} {host}");
        }
    }
}
