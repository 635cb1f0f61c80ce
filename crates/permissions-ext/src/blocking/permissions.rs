use super::List;
use super::runtime::Runtime;
use crate::options::RequestOptions;
use crate::{CheckpointId, Created, Deleted, Error, PermissionId, ProjectId};

/// The permissions of one checkpoint, as [`Permissions`](crate::Permissions).
#[derive(Clone, Debug)]
pub struct Permissions {
    inner: crate::Permissions,
    runtime: Runtime,
}

/// Permissions to be created, as [`Create`](crate::Create); [`send`](Self::send) does it.
#[derive(Clone, Debug)]
#[must_use = "nothing is created before `send`"]
pub struct Create {
    inner: crate::Create,
    runtime: Runtime,
}

/// A permission to be deleted, as [`Delete`](crate::Delete); [`send`](Self::send) does it.
#[derive(Clone, Debug)]
#[must_use = "nothing is deleted before `send`"]
pub struct Delete {
    inner: crate::Delete,
    runtime: Runtime,
}

/// A project to be shut out, as [`DeleteProject`](crate::DeleteProject); [`send`](Self::send) does it.
#[derive(Clone, Debug)]
#[must_use = "nothing is deleted before `send`"]
pub struct DeleteProject {
    inner: crate::DeleteProject,
    runtime: Runtime,
}

impl Permissions {
    pub(super) fn new(inner: crate::Permissions, runtime: Runtime) -> Self {
        Self { inner, runtime }
    }

    /// The checkpoint whose permissions these are.
    #[must_use]
    pub fn checkpoint(&self) -> &CheckpointId {
        self.inner.checkpoint()
    }

    /// Lists permissions, newest first unless told otherwise.
    pub fn list(&self) -> List {
        List::new(self.inner.list(), self.runtime.clone())
    }

    /// Lets projects use the checkpoint. Projects that may already are left as they are.
    pub fn create(&self, project_ids: impl IntoIterator<Item = ProjectId>) -> Create {
        Create {
            inner: self.inner.create(project_ids),
            runtime: self.runtime.clone(),
        }
    }

    /// Takes one permission away.
    pub fn delete(&self, permission_id: &PermissionId) -> Delete {
        Delete {
            inner: self.inner.delete(permission_id),
            runtime: self.runtime.clone(),
        }
    }

    /// Takes away every permission that a project has.
    pub fn delete_project(&self, project_id: &ProjectId) -> DeleteProject {
        DeleteProject {
            inner: self.inner.delete_project(project_id),
            runtime: self.runtime.clone(),
        }
    }
}

impl Create {
    forward!(Create {
        batch_size(projects: usize);
        read_first(read: bool);
        options(options: RequestOptions);
    });

    /// Creates what is missing.
    ///
    /// # Errors
    ///
    /// As [`Create::send`](crate::Create::send), and where waiting is not allowed.
    pub fn send(self) -> Result<Created, Error> {
        self.runtime.wait(self.inner.send())
    }
}

impl Delete {
    forward!(Delete { options(options: RequestOptions); });

    /// Deletes the permission.
    ///
    /// # Errors
    ///
    /// As [`Delete::send`](crate::Delete::send), and where waiting is not allowed.
    pub fn send(self) -> Result<Deleted, Error> {
        self.runtime.wait(self.inner.send())
    }
}

impl DeleteProject {
    forward!(DeleteProject { options(options: RequestOptions); });

    /// Deletes every permission of the project, and says which they were: none where it had none.
    ///
    /// # Errors
    ///
    /// As [`DeleteProject::send`](crate::DeleteProject::send), and where waiting is not allowed.
    pub fn send(self) -> Result<Vec<Deleted>, Error> {
        self.runtime.wait(self.inner.send())
    }
}
