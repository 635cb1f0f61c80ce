use std::fmt;

use super::Pager;
use crate::error::Error;
use crate::metadata::Metadata;
use crate::model::{Permission, PermissionId};

/// A page of a list.
pub struct Page {
    pub(in crate::list) data: Vec<Permission>,
    pub(in crate::list) first_id: Option<PermissionId>,
    pub(in crate::list) last_id: Option<PermissionId>,
    pub(in crate::list) has_more: bool,
    pub(in crate::list) metadata: Metadata,
    /// Cursor of this page.
    pub(in crate::list) after: Option<PermissionId>,
    /// Pager for the next page.
    pub(in crate::list) pager: Box<Pager>,
}

impl Page {
    /// Returns the permissions on this page. An empty page may have successors.
    #[must_use]
    pub fn data(&self) -> &[Permission] {
        &self.data
    }

    /// Returns the permissions by value.
    #[must_use]
    pub fn into_data(self) -> Vec<Permission> {
        self.data
    }

    /// Returns the API's `first_id`.
    #[must_use]
    pub fn first_id(&self) -> Option<&PermissionId> {
        self.first_id.as_ref()
    }

    /// Returns the API's `last_id`, which [`List::after`](crate::List::after) accepts as a cursor.
    #[must_use]
    pub fn last_id(&self) -> Option<&PermissionId> {
        self.last_id.as_ref()
    }

    /// Returns the API's `has_more`. `max_items` may end a list earlier.
    #[must_use]
    pub fn has_more(&self) -> bool {
        self.has_more
    }

    /// Returns the request id, the rate limit and the number of retries.
    #[must_use]
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// Fetches the next page. After the last page, returns `None` and sends nothing.
    ///
    /// # Errors
    ///
    /// Fails if the API does not respond with a list after all retries, or if it repeated a cursor.
    pub async fn next(&self) -> Result<Option<Self>, Error> {
        let fetched = self.pager.restarted().fetch_next().await?;
        Ok(fetched.map(|(page, pager)| Self { pager, ..page }))
    }
}

impl fmt::Debug for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Page")
            .field("data", &self.data)
            .field("first_id", &self.first_id)
            .field("last_id", &self.last_id)
            .field("has_more", &self.has_more)
            .field("metadata", &self.metadata)
            .finish_non_exhaustive()
    }
}
