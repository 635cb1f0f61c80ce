//! The same calls for programs without an async runtime.
//!
//! Names and results are those of the crate root; a stream is an iterator here.
//!
//! ```
//! use permissions_ext::{Client, Permission};
//!
//! # fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let client = Client::builder().admin_key("sk-admin-1").base_url("http://127.0.0.1:8080/v1").build_blocking()?;
//! let permissions = client.permissions(&"ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd".parse()?);
//! permissions.create(["proj_1".parse()?]).send()?;
//! for permission in permissions.list().stream() {
//!     println!("{}", permission?.project_id);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Each [`Client`] has a thread of its own that does the work, so a call may be made anywhere: also inside an async
//! runtime, where it keeps the thread it is made on from doing anything else until it returns.

mod call;
mod iter;
mod runtime;

use std::fmt;

pub use self::call::{Apply, Audit, CopyTo, Create, Delete, DeleteProject, List, Planning};
pub use self::iter::{PageIter, PermissionIter};
use self::runtime::Runtime;
use crate::{CheckpointId, ClientBuilder, Desired, Error, PermissionId, Plan, ProjectId};

/// [`Client`](crate::Client) for programs without an async runtime.
#[derive(Clone)]
pub struct Client {
    client: crate::Client,
    runtime: Runtime,
}

/// [`Permissions`](crate::Permissions) for programs without an async runtime.
#[derive(Clone)]
pub struct Permissions {
    permissions: crate::Permissions,
    runtime: Runtime,
}

impl Client {
    /// See [`Client::from_env`](crate::Client::from_env).
    ///
    /// # Errors
    ///
    /// Where a variable is missing or cannot be used, and where no thread can be started.
    pub fn from_env() -> Result<Self, Error> {
        ClientBuilder::from_env().build_blocking()
    }

    /// Starts the thread that does a client's work.
    ///
    /// # Errors
    ///
    /// Where no thread can be started.
    pub fn new(client: crate::Client) -> Result<Self, Error> {
        Ok(Self {
            client,
            runtime: Runtime::start()?,
        })
    }

    /// The permissions of one checkpoint.
    #[must_use]
    pub fn permissions(&self, checkpoint: &CheckpointId) -> Permissions {
        Permissions {
            permissions: self.client.permissions(checkpoint),
            runtime: self.runtime.clone(),
        }
    }

    /// See [`Client::plan`](crate::Client::plan).
    pub fn plan(&self, desired: Desired) -> Planning {
        Planning::new(self.client.plan(desired), &self.runtime)
    }

    /// See [`Client::apply`](crate::Client::apply).
    pub fn apply(&self, plan: Plan) -> Apply {
        Apply::new(self.client.apply(plan), &self.runtime)
    }

    /// See [`Client::audit`](crate::Client::audit).
    pub fn audit(&self, checkpoints: impl IntoIterator<Item = CheckpointId>) -> Audit {
        Audit::new(self.client.audit(checkpoints), &self.runtime)
    }
}

impl Permissions {
    /// The checkpoint whose permissions these are.
    #[must_use]
    pub fn checkpoint(&self) -> &CheckpointId {
        self.permissions.checkpoint()
    }

    /// See [`Permissions::list`](crate::Permissions::list).
    pub fn list(&self) -> List {
        List::new(self.permissions.list(), &self.runtime)
    }

    /// See [`Permissions::create`](crate::Permissions::create).
    pub fn create(&self, project_ids: impl IntoIterator<Item = ProjectId>) -> Create {
        Create::new(self.permissions.create(project_ids), &self.runtime)
    }

    /// See [`Permissions::delete`](crate::Permissions::delete).
    pub fn delete(&self, permission_id: &PermissionId) -> Delete {
        Delete::new(self.permissions.delete(permission_id), &self.runtime)
    }

    /// See [`Permissions::delete_project`](crate::Permissions::delete_project).
    pub fn delete_project(&self, project_id: &ProjectId) -> DeleteProject {
        DeleteProject::new(self.permissions.delete_project(project_id), &self.runtime)
    }

    /// See [`Permissions::copy_to`](crate::Permissions::copy_to).
    pub fn copy_to(&self, checkpoint: &CheckpointId) -> CopyTo {
        CopyTo::new(self.permissions.copy_to(checkpoint), &self.runtime)
    }
}

impl ClientBuilder {
    /// Like [`build`](Self::build), for programs without an async runtime.
    ///
    /// # Errors
    ///
    /// Where a setting is missing or cannot be used, and where no thread can be started.
    pub fn build_blocking(self) -> Result<Client, Error> {
        Client::new(self.build()?)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.client.fmt(f)
    }
}

impl fmt::Debug for Permissions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.permissions.fmt(f)
    }
}
