use http::{HeaderValue, Uri};
use hyper_util::client::proxy::matcher::{Intercept, Matcher};

use crate::Error;

/// What stands between this machine and the API, by the environment: `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and
/// `NO_PROXY`, in upper or lower case.
#[derive(Clone)]
pub(super) struct Proxy(Intercept);

impl Proxy {
    /// The proxy on the way to this target, if there is one.
    pub(super) fn from_env(target: &Uri) -> Result<Option<Self>, Error> {
        Self::of(&Matcher::from_system(), target)
    }

    fn of(matcher: &Matcher, target: &Uri) -> Result<Option<Self>, Error> {
        let Some(found) = matcher.intercept(target) else {
            return Ok(None);
        };
        match found.uri().scheme_str() {
            Some("http" | "https") => Ok(Some(Self(found))),
            scheme => Err(Error::config(format!(
                "the environment names a proxy of the kind {}, and this client knows http and https; \
                 exempt the host with NO_PROXY, or use a client of your own (feature `reqwest-client`)",
                scheme.unwrap_or("without a scheme")
            ))),
        }
    }

    pub(super) fn uri(&self) -> &Uri {
        self.0.uri()
    }

    /// What the user and password in its URL are sent as.
    pub(super) fn authorization(&self) -> Option<&HeaderValue> {
        self.0.basic_auth()
    }

    pub(super) fn is_https(&self) -> bool {
        super::is_https(self.uri())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_taken_with_its_password_and_one_of_another_kind_is_refused() {
        let target = Uri::from_static("https://api.test/v1");
        let through = |proxy: &str| Proxy::of(&Matcher::builder().https(proxy).build(), &target);
        let proxy = through("http://user:secret@127.0.0.1:3128")
            .unwrap()
            .unwrap();
        assert_eq!(proxy.authorization().unwrap(), "Basic dXNlcjpzZWNyZXQ=");
        assert!(!proxy.is_https());
        assert!(through("").unwrap().is_none());
        let error = through("socks5://user:secret@127.0.0.1:1080")
            .err()
            .unwrap();
        let text = error.to_string();
        assert!(text.contains("of the kind socks5"), "{text}");
        assert!(!text.contains("secret"), "{text}");
    }

    #[test]
    fn what_is_exempt_needs_no_proxy() {
        let matcher = Matcher::builder()
            .all("http://127.0.0.1:3128")
            .no("api.test");
        let matcher = matcher.build();
        let target = Uri::from_static("https://api.test/v1");
        assert!(Proxy::of(&matcher, &target).unwrap().is_none());
        let other = Uri::from_static("https://other.test/v1");
        assert!(Proxy::of(&matcher, &other).unwrap().is_some());
    }
}
