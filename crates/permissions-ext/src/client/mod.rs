//! The client: made once, shared by everything.

mod base_url;
mod builder;
mod environment;

use std::fmt;
use std::sync::Arc;

pub use self::builder::ClientBuilder;
use crate::error::Error;
use crate::transport::Transport;

/// Access to the API with an admin key.
///
/// Make one and clone it: clones share connections. Whatever it lists, creates or deletes belongs to a checkpoint,
/// so the way goes through [`permissions`](Self::permissions).
#[derive(Clone)]
pub struct Client(Arc<Transport>);

impl Client {
    /// A client as the environment describes it.
    ///
    /// | variable | meaning |
    /// | --- | --- |
    /// | `OPENAI_ADMIN_KEY` | the admin key; required |
    /// | `OPENAI_BASE_URL` | where the API is; `https://api.openai.com/v1` unless set |
    /// | `OPENAI_ORG_ID` | sent as `OpenAI-Organization` |
    /// | `OPENAI_PROJECT_ID` | sent as `OpenAI-Project` |
    ///
    /// A blank variable counts as unset. An ordinary key (`OPENAI_API_KEY`) is never used in place of the admin key.
    ///
    /// # Errors
    ///
    /// Where a variable is missing or cannot be used; the text names it.
    pub fn from_env() -> Result<Self, Error> {
        ClientBuilder::from_env().build()
    }

    /// A client from explicit values alone; see [`ClientBuilder::from_env`] for a mixture.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::new()
    }

    /// Where requests go, without a slash at its end.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.0.base_url
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
