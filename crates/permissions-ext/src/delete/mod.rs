//! Delete: gone is gone, however often it takes.

use std::future::Future;
use std::pin::pin;

use permissions_api as api;
use tracing::Instrument as _;

use crate::action::Action;
use crate::metadata::Metadata;
use crate::options::CallOptions;
use crate::transport::{Deadline, Fate, Operation, Retries};
use crate::{CheckpointId, Error, PermissionId, Permissions, ProjectId};

/// A permission to be deleted; [`send`](Self::send) does it.
#[derive(Clone, Debug)]
#[must_use = "nothing is deleted before `send`"]
pub struct Delete {
    permissions: Permissions,
    permission_id: PermissionId,
    options: CallOptions,
}

/// A project to be shut out; [`send`](Self::send) does it.
#[derive(Clone, Debug)]
#[must_use = "nothing is deleted before `send`"]
pub struct DeleteProject {
    permissions: Permissions,
    project_id: ProjectId,
    options: CallOptions,
}

/// A permission that is gone.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Deleted {
    /// The permission.
    pub id: PermissionId,
    /// Whether it was found gone, rather than deleted by an answered request: an earlier attempt whose answer was lost
    /// had done it, or someone else.
    pub already_gone: bool,
    /// What came with the answer.
    pub metadata: Metadata,
}

impl Delete {
    pub(crate) fn new(permissions: Permissions, permission_id: PermissionId) -> Self {
        Self {
            permissions,
            permission_id,
            options: CallOptions::new(),
        }
    }

    /// Headers, time-outs and the like for each request.
    pub fn options(mut self, options: CallOptions) -> Self {
        self.options = options;
        self
    }

    /// Deletes the permission.
    ///
    /// # Errors
    ///
    /// Where there is no such permission ([`Error::is_not_found`]), unless an earlier attempt of this very call may
    /// have deleted it; and where the API answers that it did not delete it ([`Error::is_incomplete`]).
    pub async fn send(self) -> Result<Deleted, Error> {
        let deadline = self
            .permissions
            .client()
            .transport()
            .deadline(&self.options);
        let span = Action::Delete(self.permissions.checkpoint().clone()).span();
        let call = pin!(delete(
            &self.permissions,
            self.permission_id,
            &self.options,
            deadline,
        ));
        call.instrument(span).await
    }
}

impl DeleteProject {
    pub(crate) fn new(permissions: Permissions, project_id: ProjectId) -> Self {
        Self {
            permissions,
            project_id,
            options: CallOptions::new(),
        }
    }

    /// Headers, time-outs and the like for each request.
    pub fn options(mut self, options: CallOptions) -> Self {
        self.options = options;
        self
    }

    /// Deletes every permission of the project, and says which they were: none where it had none.
    ///
    /// # Errors
    ///
    /// Where its permissions cannot be listed, or one of them cannot be deleted; running it again goes on.
    pub async fn send(self) -> Result<Vec<Deleted>, Error> {
        let deadline = self
            .permissions
            .client()
            .transport()
            .deadline(&self.options);
        let list = self.permissions.list().project_id(self.project_id.clone());
        let mut stream = list.stream_until(&self.options, deadline);
        let mut found = Vec::new();
        while let Some(permission) = stream.next().await {
            let permission = permission?;
            // A server that does not know the filter must not cost other projects their permissions.
            if permission.project_id == self.project_id {
                found.push(permission.id);
            }
        }
        let mut deleted = Vec::with_capacity(found.len());
        for id in found {
            match delete(&self.permissions, id.clone(), &self.options, deadline).await {
                Ok(gone) => deleted.push(gone),
                Err(error) if error.tells_of_none() => {
                    deleted.push(Deleted {
                        id,
                        already_gone: true,
                        metadata: Metadata::default(),
                    });
                }
                Err(error) => return Err(error),
            }
        }
        Ok(deleted)
    }
}

async fn delete(
    permissions: &Permissions,
    id: PermissionId,
    options: &CallOptions,
    deadline: Deadline,
) -> Result<Deleted, Error> {
    let request = DeleteRequest {
        checkpoint: permissions.checkpoint(),
        permission_id: &id,
    };
    let mut retries = Retries::new(permissions.client().transport(), options, deadline);
    let mut may_be_done = false;
    loop {
        match retries.attempt(&request).await {
            Ok(reply) => {
                return Ok(Deleted {
                    id,
                    already_gone: false,
                    metadata: reply.metadata,
                });
            }
            Err(failure) if may_be_done && failure.error.tells_of_none() => {
                return Ok(Deleted {
                    id,
                    already_gone: true,
                    metadata: Metadata::default(),
                });
            }
            Err(failure) => {
                may_be_done |= failure.fate == Fate::Unknown;
                retries.after(failure).await?;
            }
        }
    }
}

/// One request on the wire.
struct DeleteRequest<'a> {
    checkpoint: &'a CheckpointId,
    permission_id: &'a PermissionId,
}

impl Operation for DeleteRequest<'_> {
    type Output = api::types::DeletedPermission;

    fn action(&self) -> Action {
        Action::Delete(self.checkpoint.clone())
    }

    fn send(
        &self,
        api: &api::Client,
    ) -> impl Future<Output = Result<api::ResponseValue<Self::Output>, api::Error<()>>> + Send {
        api.delete_checkpoint_permission()
            .fine_tuned_model_checkpoint(self.checkpoint.clone())
            .permission_id(self.permission_id.clone())
            .send()
    }

    fn check(&self, answer: &Self::Output) -> Result<(), String> {
        let asked = self.permission_id;
        if !answer.deleted {
            return Err(format!("the API answered that it did not delete {asked}"));
        }
        if answer.id != *asked {
            return Err(format!(
                "the API answered for {} instead of {asked}",
                answer.id
            ));
        }
        Ok(())
    }
}
