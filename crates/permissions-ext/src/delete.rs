//! Deletes permissions idempotently.

use std::future::Future;

use permissions_api as api;
use tracing::Instrument as _;

use crate::action::Action;
use crate::error::Error;
use crate::metadata::Metadata;
use crate::model::{CheckpointId, InvalidId, Permission, PermissionId, ProjectId};
use crate::options::{RequestOptions, request_options};
use crate::permissions::Permissions;
use crate::transport::{Operation, Retries};

/// A request that deletes one permission.
#[derive(Clone, Debug)]
#[must_use = "nothing is deleted before `send`"]
pub struct Delete {
    permissions: Permissions,
    permission_id: Result<PermissionId, InvalidId>,
    options: RequestOptions,
}

/// A request that deletes the permissions of a project.
#[derive(Clone, Debug)]
#[must_use = "nothing is deleted before `send`"]
pub struct DeleteProject {
    permissions: Permissions,
    project_id: Result<ProjectId, InvalidId>,
    options: RequestOptions,
}

/// A deleted permission.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Deleted {
    /// Id of the permission.
    pub id: PermissionId,
    /// True if the API responded with 404: the permission was deleted by an earlier attempt, whose response was lost,
    /// or by another client.
    pub already_gone: bool,
    /// Metadata of the response. Empty if `already_gone` is true.
    pub metadata: Metadata,
}

impl Permissions {
    /// Deletes a permission. Its project may no longer use the checkpoint.
    pub fn delete(
        &self,
        permission_id: impl TryInto<PermissionId, Error: Into<InvalidId>>,
    ) -> Delete {
        Delete {
            permissions: self.clone(),
            permission_id: permission_id.try_into().map_err(Into::into),
            options: RequestOptions::default(),
        }
    }

    /// Deletes every permission of a project.
    pub fn delete_project(
        &self,
        project_id: impl TryInto<ProjectId, Error: Into<InvalidId>>,
    ) -> DeleteProject {
        DeleteProject {
            permissions: self.clone(),
            project_id: project_id.try_into().map_err(Into::into),
            options: RequestOptions::default(),
        }
    }
}

request_options!(Delete);
request_options!(DeleteProject);

impl Delete {
    /// Replaces all options with those of the call that the delete is part of.
    pub(crate) fn with_options(self, options: RequestOptions) -> Self {
        Self { options, ..self }
    }

    /// Deletes the permission.
    ///
    /// # Errors
    ///
    /// Fails with [`NotFound`](crate::ErrorKind::NotFound) if the permission does not exist, unless an earlier attempt
    /// of this call may have deleted it. Fails with [`Incomplete`](crate::ErrorKind::Incomplete) if the API responds
    /// with `"deleted": false`.
    pub async fn send(self) -> Result<Deleted, Error> {
        let action = self.permissions.action(Action::Delete);
        let invalid = |invalid| Error::from(invalid).during(action.clone());
        let id = self.permission_id.map_err(invalid)?;
        let request = DeleteRequest {
            checkpoint: self.permissions.checkpoint(),
            permission_id: &id,
        };
        let transport = self.permissions.transport();
        let deadline = transport.deadline(&self.options);
        let mut is_ambiguous = false;
        let call = async {
            let mut retries = Retries::new(transport, &self.options, deadline);
            loop {
                match retries.attempt(&request).await {
                    Ok(reply) => return Ok::<_, Error>(Some(reply.metadata)),
                    Err(error) if is_ambiguous && error.confirms_absence() => {
                        return Ok(None);
                    }
                    Err(error) => {
                        is_ambiguous |= error.is_ambiguous();
                        retries.after(error).await?;
                    }
                }
            }
        };
        let metadata = call.instrument(action.span()).await?;
        Ok(Deleted::new(id, metadata))
    }
}

impl Deleted {
    /// Returns the result of a delete. There is no metadata if the permission did not exist any more.
    fn new(id: PermissionId, metadata: Option<Metadata>) -> Self {
        Self {
            id,
            already_gone: metadata.is_none(),
            metadata: metadata.unwrap_or_default(),
        }
    }
}

impl DeleteProject {
    /// Deletes every permission of the project. Returns the deleted permissions, which may be an empty list.
    ///
    /// # Errors
    ///
    /// Fails if the permissions cannot be listed, or if a permission cannot be deleted. Send the request again to
    /// delete the remaining permissions.
    pub async fn send(self) -> Result<Vec<Deleted>, Error> {
        let project_id = self.project_id.map_err(|invalid| {
            Error::from(invalid).during(self.permissions.action(Action::Delete))
        })?;
        let deadline = self.permissions.transport().deadline(&self.options);
        let list = self.permissions.list().project_id(project_id);
        let list = list.with_options(self.options.within(deadline));
        let mut deleted = Vec::new();
        for Permission { id, .. } in list.all().await? {
            let delete = self.permissions.delete(&id);
            deleted.push(
                match delete
                    .with_options(self.options.within(deadline))
                    .send()
                    .await
                {
                    Ok(result) => result,
                    Err(error) if error.confirms_absence() => Deleted::new(id, None),
                    Err(error) => return Err(error),
                },
            );
        }
        Ok(deleted)
    }
}

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

    fn check(&self, response: &Self::Output) -> Result<(), String> {
        let requested = self.permission_id;
        if !response.deleted {
            return Err(format!(
                "the API responded that {requested} was not deleted"
            ));
        }
        if response.id != *requested {
            let other = &response.id;
            return Err(format!(
                "the response contains {other} instead of {requested}"
            ));
        }
        Ok(())
    }
}
