//! The client and its builder.

mod base_url;
mod build;
mod builder;

use std::fmt;
use std::sync::Arc;

use permissions_api::ClientInfo as _;

pub use self::builder::ClientBuilder;
use crate::error::Error;
use crate::transport::Transport;

/// A client for the API, with an admin key.
///
/// Create one and clone it. Clones share connections and the rate limiter. [`permissions`](Self::permissions) returns
/// the permissions of one checkpoint. [`plan`](Self::plan), [`apply`](Self::apply) and [`audit`](Self::audit) process
/// many checkpoints.
#[derive(Clone)]
pub struct Client(Arc<Transport>);

impl Client {
    /// Creates a client from environment variables.
    ///
    /// | variable | meaning |
    /// | --- | --- |
    /// | `OPENAI_ADMIN_KEY` | the admin key; required |
    /// | `OPENAI_BASE_URL` | base URL of the API; the default is `https://api.openai.com/v1` |
    /// | `OPENAI_ORG_ID` | value of the header `OpenAI-Organization` |
    /// | `OPENAI_PROJECT_ID` | value of the header `OpenAI-Project` |
    ///
    /// A blank variable is ignored. An ordinary key (`OPENAI_API_KEY`) is never used in place of the admin key.
    ///
    /// # Errors
    ///
    /// Fails if a variable is missing or unusable. The error contains its name.
    pub fn from_env() -> Result<Self, Error> {
        ClientBuilder::from_env().build()
    }

    /// Creates a builder that reads no environment variables except those for proxies. [`ClientBuilder::from_env`] also
    /// reads the variables of [`Client::from_env`](Self::from_env).
    pub fn builder() -> ClientBuilder {
        ClientBuilder::new()
    }

    /// Returns the base URL without a trailing slash.
    #[must_use]
    pub fn base_url(&self) -> &str {
        self.0.api.baseurl()
    }

    pub(crate) fn transport(&self) -> &Transport {
        &self.0
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("base_url", &self.base_url())
            .finish_non_exhaustive()
    }
}
