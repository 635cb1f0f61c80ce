use std::fmt;

use crate::create::Create;
use crate::delete::{Delete, DeleteProject};
use crate::list::List;
use crate::{CheckpointId, Client, PermissionId, ProjectId};

/// The permissions of one checkpoint: which projects may use it.
///
/// Cheap to clone, and independent of the [`Client`] it came from.
///
/// ```
/// # async fn run(client: permissions_ext::Client) -> Result<(), Box<dyn std::error::Error>> {
/// let checkpoint = "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd".parse()?;
/// let permissions = client.permissions(&checkpoint);
/// permissions.create(["proj_1".parse()?, "proj_2".parse()?]).send().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Permissions {
    client: Client,
    checkpoint: CheckpointId,
}

impl Permissions {
    pub(crate) fn new(client: Client, checkpoint: CheckpointId) -> Self {
        Self { client, checkpoint }
    }

    /// The checkpoint whose permissions these are.
    #[must_use]
    pub fn checkpoint(&self) -> &CheckpointId {
        &self.checkpoint
    }

    /// Lists permissions, newest first unless told otherwise.
    pub fn list(&self) -> List {
        List::new(self.clone())
    }

    /// Lets projects use the checkpoint. Projects that may already are left as they are.
    pub fn create(&self, project_ids: impl IntoIterator<Item = ProjectId>) -> Create {
        Create::new(self.clone(), project_ids.into_iter().collect())
    }

    /// Takes one permission away.
    pub fn delete(&self, permission_id: &PermissionId) -> Delete {
        Delete::new(self.clone(), permission_id.clone())
    }

    /// Takes away every permission that a project has.
    pub fn delete_project(&self, project_id: &ProjectId) -> DeleteProject {
        DeleteProject::new(self.clone(), project_id.clone())
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }
}

impl fmt::Debug for Permissions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permissions")
            .field("checkpoint", &self.checkpoint)
            .finish_non_exhaustive()
    }
}
