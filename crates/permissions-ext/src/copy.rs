use futures_util::TryStreamExt as _;

use crate::options::CallOptions;
use crate::{Created, Error, Permission, Permissions};

/// Access to be copied from one checkpoint to another; [`send`](Self::send) does it.
#[derive(Clone, Debug)]
#[must_use = "nothing is created before `send`"]
pub struct CopyTo {
    from: Permissions,
    to: Permissions,
    options: CallOptions,
}

impl CopyTo {
    pub(crate) fn new(from: Permissions, to: Permissions) -> Self {
        Self {
            from,
            to,
            options: CallOptions::new(),
        }
    }

    /// Headers, time-outs and the like for each request.
    pub fn options(mut self, options: CallOptions) -> Self {
        self.options = options;
        self
    }

    /// Lets every project that may use the one checkpoint use the other; nobody loses anything.
    ///
    /// The result is empty where there was nothing to copy.
    ///
    /// # Errors
    ///
    /// Where the one cannot be listed, before anything is created, and where [`create`](Permissions::create) fails.
    pub async fn send(self) -> Result<Created, Error> {
        let list = self.from.list().options(self.options.clone());
        let permissions: Vec<Permission> = list.stream().try_collect().await?;
        if permissions.is_empty() {
            return Ok(Created::default());
        }
        // Listed newest first, created oldest first, so that the order of creation stays.
        let projects = permissions
            .into_iter()
            .rev()
            .map(|permission| permission.project_id);
        self.to.create(projects).options(self.options).send().await
    }
}
