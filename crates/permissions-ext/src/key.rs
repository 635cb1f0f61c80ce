//! The admin key.

use std::fmt;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;

use futures_util::FutureExt as _;
use http::HeaderValue;
use secrecy::{ExposeSecret as _, SecretString};

use crate::action::Action;
use crate::error::{Error, ErrorKind};
use crate::event::panic_message;

type BoxError = Box<dyn std::error::Error + Send + Sync>;
type KeyFuture = Pin<Box<dyn Future<Output = Result<SecretString, BoxError>> + Send>>;

/// The key of a client.
#[derive(Clone)]
pub(crate) enum Key {
    Fixed(Secret),
    Provider(Arc<dyn Fn() -> KeyFuture + Send + Sync>),
    /// A gateway adds the key.
    Absent,
}

/// A key that is valid in a header.
#[derive(Clone)]
pub(crate) struct Secret {
    value: SecretString,
    header: HeaderValue,
}

impl Key {
    pub(crate) fn provider<F, Fut>(provider: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<SecretString, BoxError>> + Send + 'static,
    {
        Self::Provider(Arc::new(move || Box::pin(provider())))
    }

    /// Returns the key, unless it comes from a provider.
    pub(crate) fn fixed(&self) -> Option<&Secret> {
        match self {
            Self::Fixed(secret) => Some(secret),
            Self::Provider(_) | Self::Absent => None,
        }
    }

    /// Calls the provider, if there is one.
    ///
    /// # Errors
    ///
    /// Fails if the provider fails, panics or returns an unusable key.
    pub(crate) async fn fresh(&self, action: &Action) -> Result<Option<Secret>, Error> {
        let Self::Provider(provider) = self else {
            return Ok(None);
        };
        let fail = |kind, reason: String| Error::new(kind, action.clone(), reason);
        let call = AssertUnwindSafe(async { provider().await }).catch_unwind();
        let key = call.await.map_err(|payload| {
            let message = panic_message(&*payload);
            fail(
                ErrorKind::Panic,
                format!("the key provider panicked: {message}"),
            )
        })?;
        let key = key.map_err(|cause| {
            fail(ErrorKind::Key, "the key provider failed".to_owned()).with_source(cause)
        })?;
        Secret::new(key).map(Some).map_err(|reason| {
            let reason = format!("the key provider returned an unusable key: {reason}");
            fail(ErrorKind::Key, reason)
        })
    }
}

impl Secret {
    /// Checks a key. The reason of an error does not contain it.
    pub(crate) fn new(value: SecretString) -> Result<Self, &'static str> {
        let key = value.expose_secret();
        if key.trim().is_empty() {
            return Err("it is blank");
        }
        if key.ends_with(['\n', '\r']) {
            return Err("it ends with a line break");
        }
        if key.chars().any(char::is_control) {
            return Err("it contains a control character, such as a line break");
        }
        if key.chars().any(char::is_whitespace) {
            return Err("it contains white space");
        }
        if !key.is_ascii() {
            return Err("it contains a character that is not ASCII");
        }
        let mut header = HeaderValue::from_str(&format!("Bearer {key}"))
            .map_err(|_| "it is not valid in a header")?;
        header.set_sensitive(true);
        Ok(Self { value, header })
    }

    /// Returns the key of an `Authorization` header with the scheme `Bearer`.
    pub(crate) fn in_header(value: &HeaderValue) -> Option<Self> {
        let (scheme, key) = value.to_str().ok()?.split_once(' ')?;
        let is_bearer = scheme.eq_ignore_ascii_case("bearer");
        is_bearer.then(|| Self::new(key.trim().into()).ok())?
    }

    pub(crate) fn header(&self) -> HeaderValue {
        self.header.clone()
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.value.expose_secret().as_bytes()
    }

    /// Whether the key has the prefix of project keys, which these operations reject.
    pub(crate) fn is_project_key(&self) -> bool {
        self.value.expose_secret().starts_with("sk-proj-")
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fixed(_) => "Fixed([redacted])",
            Self::Provider(_) => "Provider",
            Self::Absent => "Absent",
        })
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(key: &str) -> Result<Secret, &'static str> {
        Secret::new(SecretString::from(key))
    }

    #[test]
    fn invalid_key_is_rejected_with_reason() {
        for (key, reason) in [
            ("", "blank"),
            ("  \t", "blank"),
            ("sk-admin-1\n", "ends with a line break"),
            ("sk-\u{0}admin", "control character"),
            ("sk admin", "white space"),
            ("sk-ädmin", "ASCII"),
        ] {
            let error = secret(key).unwrap_err();
            assert!(error.contains(reason), "{key:?}: {error}");
        }
    }

    #[test]
    fn debug_of_key_is_redacted() {
        let secret = secret("sk-admin-1").unwrap();
        assert_eq!(
            format!("{secret:?} {:?}", Key::Fixed(secret.clone())),
            "[redacted] Fixed([redacted])"
        );
        assert!(secret.header().is_sensitive());
    }
}
