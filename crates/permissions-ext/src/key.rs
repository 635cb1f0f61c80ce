//! The admin key.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;

use futures_util::FutureExt as _;
use http::HeaderValue;
use secrecy::{ExposeSecret as _, SecretString};

use crate::action::Action;
use crate::error::{Error, ErrorKind};

type BoxError = Box<dyn std::error::Error + Send + Sync>;
type KeyFuture = Pin<Box<dyn Future<Output = Result<SecretString, BoxError>> + Send>>;

/// Converts a key into the value of the header `Authorization`. Errors do not contain the key.
pub(crate) fn authorization(key: &SecretString) -> Result<HeaderValue, &'static str> {
    let key = key.expose_secret();
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
    Ok(header)
}

/// Returns whether the key is the key of a project, which these operations reject.
pub(crate) fn is_project_key(authorization: &HeaderValue) -> bool {
    authorization.as_bytes().starts_with(b"Bearer sk-proj-")
}

/// A function that returns the key for each attempt.
#[derive(Clone)]
pub(crate) struct KeyProvider(Arc<dyn Fn() -> KeyFuture + Send + Sync>);

impl KeyProvider {
    pub(crate) fn new<F, Fut>(provider: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<SecretString, BoxError>> + Send + 'static,
    {
        Self(Arc::new(move || Box::pin(provider())))
    }

    /// Calls the function and returns the value of the header `Authorization`.
    ///
    /// # Errors
    ///
    /// Fails if the function fails, panics or returns an unusable key.
    pub(crate) async fn authorization(&self, action: &Action) -> Result<HeaderValue, Error> {
        let fail = |reason: &str| Error::new(ErrorKind::Key, action.clone(), reason);
        let call = AssertUnwindSafe(async { self.0().await }).catch_unwind();
        let key = call
            .await
            .map_err(|payload| Error::panicked(action.clone(), "the key provider", &*payload))?
            .map_err(|cause| fail("the key provider failed").with_source(cause))?;
        authorization(&key).map_err(|reason| {
            let reason = format!("the key provider returned an unusable key: {reason}");
            fail(&reason)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
            let error = authorization(&key.into()).unwrap_err();
            assert!(error.contains(reason), "{key:?}: {error}");
        }
    }

    #[test]
    fn debug_of_key_is_redacted() {
        let header = authorization(&"sk-admin-1".into()).unwrap();
        assert!(!format!("{header:?}").contains("sk-admin"));
        assert!(header.is_sensitive());
    }
}
