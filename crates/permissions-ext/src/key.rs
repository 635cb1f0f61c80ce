//! The admin key.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;

use futures_util::FutureExt as _;
use secrecy::SecretString;

use crate::action::Action;
use crate::error::{Error, ErrorKind};
use crate::secret::Secret;

type BoxError = Box<dyn std::error::Error + Send + Sync>;
type KeyFuture = Pin<Box<dyn Future<Output = Result<SecretString, BoxError>> + Send>>;

/// The key of a client.
#[derive(Clone)]
pub(crate) enum Key {
    Fixed(Secret),
    Provider(Arc<dyn Fn() -> KeyFuture + Send + Sync>),
    /// No key, because a gateway adds it.
    Absent,
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
        let fail = |reason: &str| Error::new(ErrorKind::Key, action.clone(), reason);
        let call = AssertUnwindSafe(async { provider().await }).catch_unwind();
        let key = call
            .await
            .map_err(|payload| Error::panicked(action.clone(), "the key provider", &*payload))?
            .map_err(|cause| fail("the key provider failed").with_source(cause))?;
        Secret::new(key).map(Some).map_err(|reason| {
            fail(&format!(
                "the key provider returned an unusable key: {reason}"
            ))
        })
    }
}
