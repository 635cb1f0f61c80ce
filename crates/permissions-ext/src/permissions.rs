use crate::action::Action;
use crate::client::Client;
use crate::model::{CheckpointId, InvalidId};
use crate::transport::Transport;

/// The permissions of one checkpoint, which is a fine-tuned model.
///
/// Cloning is cheap.
///
/// ```
/// # async fn run(client: permissions_ext::Client) -> Result<(), permissions_ext::Error> {
/// let permissions = client.permissions("ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd")?;
/// permissions.create(["proj_forecast", "proj_maps"]).send().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Permissions {
    client: Client,
    checkpoint: CheckpointId,
}

impl Client {
    /// Returns the permissions of a checkpoint. Sends nothing.
    ///
    /// # Errors
    ///
    /// Fails if the id is empty, is `.` or `..`, or contains a backslash. `?` converts the error into an
    /// [`Error`](crate::Error).
    pub fn permissions(
        &self,
        checkpoint: impl TryInto<CheckpointId, Error: Into<InvalidId>>,
    ) -> Result<Permissions, InvalidId> {
        let checkpoint = checkpoint.try_into().map_err(Into::into)?;
        Ok(Permissions::new(self.clone(), checkpoint))
    }
}

impl Permissions {
    pub(crate) fn new(client: Client, checkpoint: CheckpointId) -> Self {
        Self { client, checkpoint }
    }

    /// Returns the checkpoint.
    #[must_use]
    pub fn checkpoint(&self) -> &CheckpointId {
        &self.checkpoint
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    pub(crate) fn transport(&self) -> &Transport {
        self.client.transport()
    }

    /// Returns a description of the operation on this checkpoint, for use in errors and logs.
    pub(crate) fn action(&self, operation: fn(CheckpointId) -> Action) -> Action {
        operation(self.checkpoint.clone())
    }
}
