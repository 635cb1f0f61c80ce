//! The client for programs without an async runtime. Every call blocks until the call is done.
//!
//! ```
//! use permissions_ext::blocking::Client;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let runtime = tokio::runtime::Runtime::new()?;
//! # let server = runtime.block_on(permissions_server::Server::start())?;
//! let client = Client::builder()
//!     .admin_key(server.admin_key())
//!     .base_url(server.base_url())
//!     .build()?;
//! let permissions = client.permissions("ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd")?;
//!
//! permissions.create(["proj_forecast", "proj_maps"]).send()?;
//! for permission in permissions.list().stream() {
//!     println!("{}", permission?.project_id);
//! }
//! permissions.delete_project("proj_maps").send()?;
//! # Ok(())
//! # }
//! ```
//!
//! Types and methods have the names and the behavior of the asynchronous client. Streams are iterators. A background
//! thread runs connections and timers. The thread starts with a client and ends with the last clone of the client.
//!
//! # Calls from asynchronous code
//!
//! A call blocks its thread. Within an asynchronous task, make calls in `tokio::task::spawn_blocking` or
//! `tokio::task::block_in_place`. Otherwise the calls send nothing and fail with
//! [`ErrorKind::WouldBlock`](crate::ErrorKind::WouldBlock).

#[macro_use]
mod adapter;
mod runtime;

use std::ffi::OsString;
use std::future::Future;
use std::ops::Deref;
use std::time::Duration;

use secrecy::SecretString;

use self::runtime::Runtime;
use crate::audit::{CheckpointAudit, Report};
use crate::create::Created;
use crate::delete::Deleted;
use crate::error::Error;
use crate::event::Event;
use crate::list::{Item, Position};
use crate::model::{CheckpointId, InvalidId, Order, Permission, PermissionId, Project, ProjectId};
use crate::progress::Progress;
use crate::retry_policy::RetryPolicy;
use crate::sync::{Applied, AppliedChange, DesiredState, Plan, Target};

/// A builder for a [`Client`].
#[derive(Debug)]
#[must_use]
pub struct ClientBuilder {
    inner: crate::ClientBuilder,
}

methods! { ClientBuilder(crate::ClientBuilder) {
    set admin_key(key: impl Into<SecretString>);
    set key_source(description: impl Into<String>);
    set without_key();
    set base_url(url: impl Into<String>);
    set allow_http();
    set organization(id: impl Into<String>);
    set project(id: impl Into<String>);
    set header(name: impl Into<String>, value: impl Into<String>);
    set retry(policy: RetryPolicy);
    set timeout(timeout: Duration);
    set connect_timeout(timeout: Duration);
    set deadline(deadline: Duration);
    set max_wait(wait: Duration);
    set max_bulk_wait(wait: Duration);
    set body_limit(bytes: usize);
    set target_name(name: impl Into<String>);
    set observer(observe: impl Fn(&Event<'_>) + Send + Sync + 'static);
    set proxy(url: impl Into<SecretString>);
    set no_proxy();
    set root_certificates(pem: impl AsRef<[u8]>);
    set client_certificate(certificate_pem: impl AsRef<[u8]>, key_pem: impl AsRef<[u8]>);
}}

#[cfg(feature = "reqwest")]
methods! { ClientBuilder(crate::ClientBuilder) {
    set http_client(client: reqwest::Client);
}}

impl ClientBuilder {
    /// See [`from_env`](crate::ClientBuilder::from_env).
    pub fn from_env() -> Self {
        Self {
            inner: crate::ClientBuilder::from_env(),
        }
    }

    /// See [`from_variables`](crate::ClientBuilder::from_variables).
    pub fn from_variables(lookup: impl Fn(&str) -> Option<OsString>) -> Self {
        Self {
            inner: crate::ClientBuilder::from_variables(lookup),
        }
    }

    /// See [`key_provider`](crate::ClientBuilder::key_provider). The function is called on the thread of the
    /// caller, or on the background thread of the client.
    pub fn key_provider(
        mut self,
        provider: impl Fn() -> Result<SecretString, Box<dyn std::error::Error + Send + Sync>>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        self.inner = self.inner.key_provider(move || {
            let key = provider();
            async { key }
        });
        self
    }

    /// Checks the settings, starts the background thread and builds the client. Sends nothing.
    ///
    /// # Errors
    ///
    /// Fails if a setting is missing or unusable, or if the thread cannot be started.
    pub fn build(self) -> Result<Client, Error> {
        Ok(Client::new(self.inner.build()?, Runtime::start()?))
    }
}

wrapper! {
    /// A client for the API. Clones share connections and the background thread.
    #[derive(Clone)]
    Client(crate::Client) {
        get base_url() -> &str;
        get target() -> Target;
        start projects() -> List<Project>;
        start plan(desired: DesiredState) -> PlanRequest;
        start apply(plan: Plan) -> Apply;
        start audit(checkpoints: impl IntoIterator<Item: TryInto<CheckpointId, Error: Into<InvalidId>>>) -> Audit;
    }

    /// The permissions of one checkpoint.
    #[derive(Clone)]
    Permissions(crate::Permissions) {
        get checkpoint() -> &CheckpointId;
        start list() -> List;
        start create(project_ids: impl IntoIterator<Item: TryInto<ProjectId, Error: Into<InvalidId>>>) -> Create;
        start delete(permission_id: impl TryInto<PermissionId, Error: Into<InvalidId>>) -> Delete;
        start delete_project(project_id: impl TryInto<ProjectId, Error: Into<InvalidId>>) -> DeleteProject;
    }

    /// A request for a list of permissions or projects.
    #[derive(Clone)]
    #[must_use = "a list is only requested by `send`, `all`, `stream` or `pages`"]
    List<T>(crate::List<T>) {
        options;
        set page_size(items: u32);
        set max_items(items: u64);
        set after(id: impl TryInto<T::Id, Error: Into<InvalidId>>);
        set prefetch(prefetch: bool);
        set resume(position: &Position<T>);
        into stream() -> ItemStream<T>;
        into pages() -> PageStream<T>;
        wait all() -> Vec<T>;
    }

    /// A page of a list.
    #[must_use]
    Page<T>(crate::Page<T>) {}

    /// A request that creates permissions.
    #[derive(Clone)]
    #[must_use = "nothing is created before `send`"]
    Create(crate::Create) {
        options;
        set batch_size(projects: usize);
        set read_first(read_first: bool);
        set on_progress(callback: impl Fn(&Progress) + Send + Sync + 'static);
        wait send() -> Created;
    }

    /// A request that deletes a permission.
    #[derive(Clone)]
    #[must_use = "nothing is deleted before `send`"]
    Delete(crate::Delete) {
        options;
        wait send() -> Deleted;
    }

    /// A request that deletes the permissions of a project.
    #[derive(Clone)]
    #[must_use = "nothing is deleted before `send`"]
    DeleteProject(crate::DeleteProject) {
        options;
        wait send() -> Vec<Deleted>;
    }

    /// A request for a plan.
    #[derive(Clone)]
    #[must_use = "nothing is read before `send`"]
    PlanRequest(crate::sync::PlanRequest) {
        options;
        bulk_options;
        wait send() -> Plan;
    }

    /// A request to apply a plan.
    #[must_use = "nothing is changed before `send`"]
    Apply(crate::sync::Apply) {
        options;
        set allow_delete(allow: bool);
        set allow_empty(allow: bool);
        bulk_options;
        set on_change(callback: impl Fn(&AppliedChange) + Send + Sync + 'static);
        set stop_when(signal: impl Future<Output = ()> + Send + 'static);
        wait send() -> Applied;
    }

    /// A request that lists the permissions of many checkpoints.
    #[derive(Clone)]
    #[must_use = "nothing is read before `send` or `stream`"]
    Audit(crate::audit::Audit) {
        options;
        set project_id(project_id: impl TryInto<ProjectId, Error: Into<InvalidId>>);
        set page_size(permissions: u32);
        bulk_options;
        into stream() -> AuditStream;
        wait send() -> Report;
    }
}

methods! { List(crate::List) {
    set order(order: Order);
    set project_id(project_id: impl TryInto<ProjectId, Error: Into<InvalidId>>);
}}

iterator! {
    /// An iterator over the items of a list.
    ItemStream<T>(crate::ItemStream<T>) -> T, |stream| stream.take_fetched(), |item, _| item, {
        get position() -> Position<T>;
    }

    /// An iterator over the pages of a list.
    PageStream<T>(crate::PageStream<T>) -> Page<T>, |_| None, |page, runtime| Page::new(page, runtime.clone()), {}

    /// An iterator over the results of an audit.
    AuditStream(crate::audit::AuditStream) -> CheckpointAudit, |_| None, |item, _| item, {}
}

impl Client {
    /// See [`Client::from_env`](crate::Client::from_env).
    ///
    /// # Errors
    ///
    /// Fails if a variable is missing or unusable.
    pub fn from_env() -> Result<Self, Error> {
        ClientBuilder::from_env().build()
    }

    /// See [`Client::builder`](crate::Client::builder).
    pub fn builder() -> ClientBuilder {
        ClientBuilder {
            inner: crate::Client::builder(),
        }
    }

    /// See [`Client::permissions`](crate::Client::permissions).
    ///
    /// # Errors
    ///
    /// Fails if the id is invalid.
    pub fn permissions(
        &self,
        checkpoint: impl TryInto<CheckpointId, Error: Into<InvalidId>>,
    ) -> Result<Permissions, InvalidId> {
        let inner = self.inner.permissions(checkpoint)?;
        Ok(Permissions::new(inner, self.runtime.clone()))
    }
}

impl List<Project> {
    /// See [`include_archived`](crate::List::include_archived).
    pub fn include_archived(mut self, include: bool) -> Self {
        self.inner = self.inner.include_archived(include);
        self
    }
}

impl<T: Item> List<T> {
    /// See [`List::send`](crate::List::send).
    ///
    /// # Errors
    ///
    /// Fails if the asynchronous method fails, or if this method is called in an asynchronous task.
    pub fn send(self) -> Result<Page<T>, Error> {
        let page = self.runtime.wait(self.inner.send())?;
        Ok(Page::new(page, self.runtime))
    }
}

impl<T: Item> Page<T> {
    /// See [`Page::into_data`](crate::Page::into_data).
    #[must_use]
    pub fn into_data(self) -> Vec<T> {
        self.inner.into_data()
    }

    /// See [`Page::next`](crate::Page::next).
    ///
    /// # Errors
    ///
    /// Fails if the asynchronous method fails, or if this method is called in an asynchronous task.
    pub fn next(&self) -> Result<Option<Self>, Error> {
        let next = self.runtime.wait(self.inner.next())?;
        Ok(next.map(|page| Self::new(page, self.runtime.clone())))
    }
}

/// Dereferences to the asynchronous page, which has the data and the metadata.
impl<T: Item> Deref for Page<T> {
    type Target = crate::Page<T>;

    fn deref(&self) -> &Self::Target {
        &self.inner
    }
}
