use std::ffi::OsString;
use std::time::Duration;

use secrecy::SecretString;

use super::runtime::Runtime;
use super::{Apply, Audit, Permissions, Planning};
use crate::{CheckpointId, Desired, Error, Event, Plan, ProjectId, RetryPolicy};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Access to the API with an admin key, as [`Client`](crate::Client).
///
/// Make one and clone it: clones share connections and the thread behind them.
#[derive(Clone, Debug)]
pub struct Client {
    inner: crate::Client,
    runtime: Runtime,
}

/// Makes a [`Client`], as [`ClientBuilder`](crate::ClientBuilder).
#[derive(Debug)]
#[must_use]
pub struct ClientBuilder {
    inner: crate::ClientBuilder,
}

impl Client {
    /// A client as the environment describes it: see [`Client::from_env`](crate::Client::from_env).
    ///
    /// # Errors
    ///
    /// Where a variable is missing or cannot be used; the text names it.
    pub fn from_env() -> Result<Self, Error> {
        ClientBuilder::from_env().build()
    }

    /// A client from explicit values alone; see [`ClientBuilder::from_env`] for a mixture.
    pub fn builder() -> ClientBuilder {
        ClientBuilder {
            inner: crate::Client::builder(),
        }
    }

    /// The permissions of one checkpoint.
    #[must_use]
    pub fn permissions(&self, checkpoint: &CheckpointId) -> Permissions {
        Permissions::new(self.inner.permissions(checkpoint), self.runtime.clone())
    }

    /// Where requests go, without a slash at its end.
    #[must_use]
    pub fn base_url(&self) -> &str {
        self.inner.base_url()
    }

    /// As [`Client::plan`](crate::Client::plan).
    pub fn plan(&self, desired: Desired) -> Planning {
        self.planning(self.inner.plan(desired))
    }

    /// As [`Client::plan_create`](crate::Client::plan_create).
    pub fn plan_create(
        &self,
        checkpoint: &CheckpointId,
        project_ids: impl IntoIterator<Item = ProjectId>,
    ) -> Planning {
        self.planning(self.inner.plan_create(checkpoint, project_ids))
    }

    /// As [`Client::plan_delete_project`](crate::Client::plan_delete_project).
    pub fn plan_delete_project(
        &self,
        project_id: &ProjectId,
        checkpoints: impl IntoIterator<Item = CheckpointId>,
    ) -> Planning {
        self.planning(self.inner.plan_delete_project(project_id, checkpoints))
    }

    /// As [`Client::plan_copy`](crate::Client::plan_copy).
    pub fn plan_copy(&self, from: &CheckpointId, to: &CheckpointId) -> Planning {
        self.planning(self.inner.plan_copy(from, to))
    }

    /// As [`Client::plan_move`](crate::Client::plan_move).
    pub fn plan_move(&self, from: &CheckpointId, to: &CheckpointId) -> Planning {
        self.planning(self.inner.plan_move(from, to))
    }

    /// As [`Client::apply`](crate::Client::apply).
    pub fn apply(&self, plan: Plan) -> Apply {
        Apply::new(self.inner.apply(plan), self.runtime.clone())
    }

    /// As [`Client::audit`](crate::Client::audit).
    pub fn audit(&self, checkpoints: impl IntoIterator<Item = CheckpointId>) -> Audit {
        Audit::new(self.inner.audit(checkpoints), self.runtime.clone())
    }

    fn planning(&self, inner: crate::Planning) -> Planning {
        Planning::new(inner, self.runtime.clone())
    }
}

impl ClientBuilder {
    /// Starts from the environment, as [`ClientBuilder::from_env`](crate::ClientBuilder::from_env).
    pub fn from_env() -> Self {
        Self {
            inner: crate::ClientBuilder::from_env(),
        }
    }

    /// Starts from variables as `lookup` gives them, as
    /// [`ClientBuilder::from_variables`](crate::ClientBuilder::from_variables).
    pub fn from_variables(lookup: impl Fn(&str) -> Option<OsString>) -> Self {
        Self {
            inner: crate::ClientBuilder::from_variables(lookup),
        }
    }

    /// Asks for the admin key before each attempt, for keys that rotate. It is asked on the thread that waits for the
    /// call, or on that behind the client.
    pub fn key_provider(
        mut self,
        provider: impl Fn() -> Result<SecretString, BoxError> + Send + Sync + 'static,
    ) -> Self {
        self.inner = self.inner.key_provider(move || {
            let key = provider();
            async { key }
        });
        self
    }

    #[cfg(feature = "reqwest")]
    forward!(ClientBuilder { http_client(http: reqwest::Client); });

    forward!(ClientBuilder {
        admin_key(key: impl Into<SecretString>);
        without_key();
        base_url(url: impl Into<String>);
        allow_http();
        proxy(url: impl Into<SecretString>);
        no_proxy();
        organization(id: impl Into<String>);
        project(id: impl Into<String>);
        header(name: impl Into<String>, value: impl Into<String>);
        root_certificates(pem: impl AsRef<[u8]>);
        client_certificate(certificate_pem: impl AsRef<[u8]>, key_pem: impl AsRef<[u8]>);
        retry(policy: RetryPolicy);
        timeout(timeout: Duration);
        connect_timeout(timeout: Duration);
        deadline(deadline: Duration);
        body_limit(bytes: usize);
        observer(observe: impl Fn(&Event<'_>) + Send + Sync + 'static);
    });

    /// Checks everything, starts the thread behind the client and makes it. Nothing is sent.
    ///
    /// # Errors
    ///
    /// Where a setting is missing or cannot be used, and where the thread cannot be started; the text names it.
    pub fn build(self) -> Result<Client, Error> {
        Ok(Client {
            inner: self.inner.build()?,
            runtime: Runtime::start()?,
        })
    }
}
