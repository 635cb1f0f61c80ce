use std::fmt;

use super::walk::Walk;
use crate::metadata::Metadata;
use crate::{Error, Permission, PermissionId};

/// One page of a list.
pub struct Page {
    pub(super) data: Vec<Permission>,
    pub(super) first_id: Option<PermissionId>,
    pub(super) last_id: Option<PermissionId>,
    pub(super) has_more: bool,
    pub(super) repeated: usize,
    pub(super) metadata: Metadata,
    /// The cursor it was fetched with.
    pub(super) after: Option<PermissionId>,
    /// How to go on from here.
    pub(super) rest: Box<Walk>,
}

impl Page {
    /// The permissions on this page. There may be none although more follow.
    #[must_use]
    pub fn data(&self) -> &[Permission] {
        &self.data
    }

    /// Takes the permissions out.
    #[must_use]
    pub fn into_data(self) -> Vec<Permission> {
        self.data
    }

    /// The API's id of the first permission on the page.
    #[must_use]
    pub fn first_id(&self) -> Option<&PermissionId> {
        self.first_id.as_ref()
    }

    /// The API's cursor to what follows: give it to [`List::after`](crate::List::after).
    #[must_use]
    pub fn last_id(&self) -> Option<&PermissionId> {
        self.last_id.as_ref()
    }

    /// Whether the API has more than this page; `max_items` may end a list before that.
    #[must_use]
    pub fn has_more(&self) -> bool {
        self.has_more
    }

    /// How many items were left out because the page before had shown them: rows moved while the list was read.
    #[must_use]
    pub fn repeated(&self) -> usize {
        self.repeated
    }

    /// What came with the page: request id, rate limit, retries.
    #[must_use]
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// The next page; none, and no request, after the last one.
    ///
    /// # Errors
    ///
    /// Where the API does not answer with a list, or its pages go round in circles.
    pub async fn next(&self) -> Result<Option<Self>, Error> {
        let step = self.rest.clone().step().await?;
        Ok(step.map(|(page, walk)| Self { rest: walk, ..page }))
    }
}

impl fmt::Debug for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Page")
            .field("data", &self.data)
            .field("first_id", &self.first_id)
            .field("last_id", &self.last_id)
            .field("has_more", &self.has_more)
            .field("repeated", &self.repeated)
            .field("metadata", &self.metadata)
            .finish_non_exhaustive()
    }
}
