mod page;

use std::sync::Arc;

use permissions_api::types::PermissionList;

pub use self::page::Page;
use super::cursor::{CursorGuard, next_cursor};
use super::dedup::RecentIds;
use super::{List, ListRequest};
use crate::error::{Error, ErrorKind};
use crate::event::Event;
use crate::model::{Permission, PermissionId};
use crate::transport::Deadline;

/// Fetches the pages of a list in order.
///
/// Each fetch consumes the pager and returns it with the page. The next page can therefore be prefetched while the
/// caller reads the current one.
#[derive(Clone)]
pub(super) struct Pager {
    list: Arc<List>,
    /// Deadline of the call. It starts with the first fetch, unless the list is part of another call.
    deadline: Option<Deadline>,
    next: NextPage,
    /// Cursors seen so far. A repeated cursor would make the list endless.
    seen_cursors: CursorGuard,
    /// Permissions returned recently. A server repeats them if rows move while the list is read.
    recent_ids: RecentIds,
    /// Number of permissions that may still be returned, if `max_items` is set.
    remaining: Option<u64>,
    /// First permission to return, if the list resumes within a page.
    resume_at: Option<PermissionId>,
}

#[derive(Clone)]
enum NextPage {
    First,
    After(PermissionId),
    /// The previous page has `has_more` but no usable cursor. The next fetch fails with this reason.
    Invalid(&'static str),
    None,
}

/// A page with the pager for the pages after it. `None` after the last page.
pub(super) type Fetched = Result<Option<(Page, Box<Pager>)>, Error>;

impl Pager {
    pub(super) fn new(list: Arc<List>, deadline: Option<Deadline>) -> Self {
        let mut seen_cursors = CursorGuard::default();
        let next = match &list.after {
            _ if list.is_finished() => NextPage::None,
            Some(after) => {
                seen_cursors.insert(after);
                NextPage::After(after.clone())
            }
            None => NextPage::First,
        };
        Self {
            deadline,
            next,
            seen_cursors,
            recent_ids: RecentIds::default(),
            remaining: list.max_items,
            resume_at: list.resume_at().cloned(),
            list,
        }
    }

    /// Whether there is no further page to fetch.
    pub(super) fn is_finished(&self) -> bool {
        self.is_complete() || self.remaining == Some(0)
    }

    /// Whether the API has no further page.
    pub(super) fn is_complete(&self) -> bool {
        matches!(self.next, NextPage::None)
    }

    /// Returns the cursor of the next page.
    pub(super) fn after(&self) -> Option<&PermissionId> {
        match &self.next {
            NextPage::After(cursor) => Some(cursor),
            NextPage::First | NextPage::Invalid(_) | NextPage::None => None,
        }
    }

    /// Returns the pager for a new call with a deadline of its own.
    pub(super) fn restarted(&self) -> Box<Self> {
        Box::new(Self {
            deadline: None,
            ..self.clone()
        })
    }

    /// Fetches the first page, even if the list resumes at its end.
    pub(super) async fn fetch_first(mut self) -> Result<Page, Error> {
        let page = self.fetch().await?;
        Ok(Page {
            pager: Box::new(self),
            ..page
        })
    }

    /// Fetches the next page. Returns `None` after the last page.
    ///
    /// # Errors
    ///
    /// Fails if the request fails after all retries, or if the previous page has no usable cursor although `has_more`
    /// is true.
    pub(super) async fn fetch_next(mut self: Box<Self>) -> Fetched {
        if self.is_finished() {
            return Ok(None);
        }
        let page = self.fetch().await?;
        Ok(Some((page, self)))
    }

    async fn fetch(&mut self) -> Result<Page, Error> {
        let list = self.list.clone();
        if let NextPage::Invalid(reason) = self.next {
            return Err(Error::new(ErrorKind::Pagination, list.action(), reason));
        }
        list.check_position()?;
        let transport = list.permissions.transport();
        let deadline = *self
            .deadline
            .get_or_insert_with(|| transport.deadline(&list.options));
        let request = ListRequest {
            list: &list,
            after: self.after(),
            limit: self.limit(),
        };
        let reply = transport.call(&request, &list.options, deadline).await?;
        let page = reply.value;
        let after = self.after().cloned();
        self.check_filter(&page)?;
        // The permissions of a page without a usable cursor are valid. The next fetch fails instead of this one.
        self.next = match next_cursor(&page) {
            Ok(Some(cursor)) if self.seen_cursors.insert(&cursor) => NextPage::After(cursor),
            Ok(Some(_)) => {
                NextPage::Invalid("the API repeated a cursor, so the list would never end")
            }
            Ok(None) => NextPage::None,
            Err(_) if list.page_size == 0 => {
                NextPage::Invalid("the page size is 0: set `page_size` to at least 1")
            }
            Err(reason) => NextPage::Invalid(reason),
        };
        let mut data: Vec<Permission> = page.data.into_iter().map(Permission::from_api).collect();
        self.skip_to_resume(&mut data);
        self.drop_repeated(&mut data);
        self.truncate(&mut data);
        let event = Event::Page {
            checkpoint: list.checkpoint(),
            items: data.len(),
            has_more: page.has_more,
        };
        transport.observer.notify(&event, || list.action())?;
        Ok(Page {
            data,
            first_id: page.first_id,
            last_id: page.last_id,
            has_more: page.has_more,
            metadata: reply.metadata,
            after,
            pager: Box::new(self.without_history()),
        })
    }

    /// Fails if a filtered list contains another project.
    fn check_filter(&self, page: &PermissionList) -> Result<(), Error> {
        let Some(project_id) = &self.list.project_id else {
            return Ok(());
        };
        let other = page.data.iter().find(|it| it.project_id != *project_id);
        other.map_or(Ok(()), |other| {
            let reason = format!(
                "the list of project {project_id} contains a permission of project {}: \
                 the server ignores the filter",
                other.project_id
            );
            Err(Error::new(
                ErrorKind::Pagination,
                self.list.action(),
                reason,
            ))
        })
    }

    fn limit(&self) -> u32 {
        let page_size = self.list.page_size;
        self.remaining.map_or(page_size, |remaining| {
            page_size.min(u32::try_from(remaining).unwrap_or(u32::MAX))
        })
    }

    /// Drops the permissions that were returned before the position was saved.
    fn skip_to_resume(&mut self, data: &mut Vec<Permission>) {
        if let Some(first) = self.resume_at.take()
            && let Some(at) = data.iter().position(|permission| permission.id == first)
        {
            data.drain(..at);
        }
    }

    fn drop_repeated(&mut self, data: &mut Vec<Permission>) {
        let before = data.len();
        data.retain(|permission| self.recent_ids.insert(&permission.id));
        let repeated = before - data.len();
        if repeated > 0 {
            tracing::warn!(
                repeated,
                "permissions that the API returned twice are left out"
            );
        }
    }

    /// Applies `max_items`.
    fn truncate(&mut self, data: &mut Vec<Permission>) {
        let Some(remaining) = &mut self.remaining else {
            return;
        };
        let limit = usize::try_from(*remaining).unwrap_or(usize::MAX);
        if data.len() > limit {
            data.truncate(limit);
            self.next = data
                .last()
                .map_or(NextPage::First, |last| NextPage::After(last.id.clone()));
        }
        *remaining -= data.len() as u64;
    }

    /// Returns a copy without the seen cursors and permissions, which may be large.
    fn without_history(&self) -> Self {
        Self {
            list: self.list.clone(),
            deadline: self.deadline,
            next: self.next.clone(),
            seen_cursors: CursorGuard::default(),
            recent_ids: RecentIds::default(),
            remaining: self.remaining,
            resume_at: None,
        }
    }
}
