use std::fmt;
use std::sync::Arc;

use super::cursor::{CursorGuard, next_cursor};
use super::dedup::RecentIds;
use super::{Content, Item, List, ListRequest};
use crate::error::{Error, ErrorKind};
use crate::event::Event;
use crate::metadata::Metadata;
use crate::model::Permission;
use crate::transport::Deadline;

/// A page of a list.
pub struct Page<T: Item = Permission> {
    pub(super) content: Content<T, T::Id>,
    pub(super) metadata: Metadata,
    /// The cursor with which this page was fetched.
    pub(super) after: Option<T::Id>,
    /// The pager for the pages after this one.
    pub(super) pager: Box<Pager<T>>,
}

impl<T: Item> Page<T> {
    /// Returns the items on this page. An empty page may be followed by other pages.
    #[must_use]
    pub fn data(&self) -> &[T] {
        &self.content.data
    }

    /// Returns the items by value.
    #[must_use]
    pub fn into_data(self) -> Vec<T> {
        self.content.data
    }

    /// Returns the API's `first_id`.
    #[must_use]
    pub fn first_id(&self) -> Option<&T::Id> {
        self.content.first_id.as_ref()
    }

    /// Returns the API's `last_id`, which [`List::after`](crate::List::after) accepts as a cursor.
    #[must_use]
    pub fn last_id(&self) -> Option<&T::Id> {
        self.content.last_id.as_ref()
    }

    /// Returns the API's `has_more`. With `max_items`, the list may end although `has_more` is true.
    #[must_use]
    pub fn has_more(&self) -> bool {
        self.content.has_more
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
    /// Fails if the API does not respond with a list after all retries, or if the API repeated a cursor.
    pub async fn next(&self) -> Result<Option<Self>, Error> {
        let mut pager = self.pager.clone();
        // Each page that is fetched this way has its own deadline.
        pager.deadline = None;
        let page = pager.fetch_next().await?;
        Ok(page.map(|page| Self { pager, ..page }))
    }
}

impl<T: Item> fmt::Debug for Page<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Page")
            .field("content", &self.content)
            .field("metadata", &self.metadata)
            .finish_non_exhaustive()
    }
}

/// Fetches the pages of a list in order.
#[derive(Clone)]
pub(super) struct Pager<T: Item> {
    list: Arc<List<T>>,
    /// Deadline of the call. The first fetch starts the deadline.
    deadline: Option<Deadline>,
    next: NextPage<T::Id>,
    /// Cursors seen so far. A repeated cursor would make the list endless.
    seen_cursors: CursorGuard,
    /// Ids of recently returned items. A server may return an item twice if items are created while the list is read.
    recent_ids: RecentIds,
    /// Number of items that may still be returned, if `max_items` is set.
    remaining: Option<u64>,
    /// First item to return, if the list resumes within a page.
    resume_at: Option<T::Id>,
}

#[derive(Clone)]
enum NextPage<Id> {
    First,
    After(Id),
    /// In the previous page, `has_more` is true, but there is no usable cursor. The next fetch fails with this reason.
    Invalid(&'static str),
    None,
}

impl<T: Item> Pager<T> {
    pub(super) fn new(list: Arc<List<T>>) -> Self {
        let mut seen_cursors = CursorGuard::default();
        let next = match &list.after {
            _ if list.is_finished() => NextPage::None,
            Some(after) => {
                seen_cursors.insert(after.as_ref());
                NextPage::After(after.clone())
            }
            None => NextPage::First,
        };
        Self {
            deadline: None,
            next,
            seen_cursors,
            recent_ids: RecentIds::default(),
            remaining: list.max_items,
            resume_at: list.position.as_ref().and_then(|it| it.next.clone()),
            list,
        }
    }

    pub(super) fn list(&self) -> &Arc<List<T>> {
        &self.list
    }

    /// Returns whether all pages have been fetched, or `max_items` items have been returned.
    pub(super) fn is_finished(&self) -> bool {
        self.is_complete() || self.remaining == Some(0)
    }

    /// Returns whether the API has no further page.
    pub(super) fn is_complete(&self) -> bool {
        matches!(self.next, NextPage::None)
    }

    /// Returns the cursor of the next page.
    pub(super) fn after(&self) -> Option<&T::Id> {
        match &self.next {
            NextPage::After(cursor) => Some(cursor),
            NextPage::First | NextPage::Invalid(_) | NextPage::None => None,
        }
    }

    /// Returns the id at which the list resumes, if that item is within the next page.
    pub(super) fn resume_at(&self) -> Option<&T::Id> {
        self.resume_at.as_ref()
    }

    /// Fetches the next page. Returns `None` after the last page.
    ///
    /// # Errors
    ///
    /// Fails if the request fails after all retries, or if the previous page has no usable cursor although `has_more`
    /// is true.
    pub(super) async fn fetch_next(&mut self) -> Result<Option<Page<T>>, Error> {
        if self.is_finished() {
            return Ok(None);
        }
        self.fetch().await.map(Some)
    }

    /// Fetches the next page. If the saved position is the end of the list, fetches the first page instead.
    pub(super) async fn fetch(&mut self) -> Result<Page<T>, Error> {
        let list = self.list.clone();
        let invalid = |reason| Error::new(ErrorKind::Pagination, list.action(), reason);
        if let NextPage::Invalid(reason) = self.next {
            return Err(invalid(reason.to_owned()));
        }
        list.check_position()?;
        let transport = list.client.transport();
        let deadline = *self
            .deadline
            .get_or_insert_with(|| transport.deadline(&list.options));
        let request = ListRequest {
            list: &list,
            after: self.after(),
            limit: self.limit(),
        };
        let reply = transport.call(&request, &list.options, deadline).await?;
        let mut content = T::content(&list.query, reply.value).map_err(invalid)?;
        let after = self.after().cloned();
        // The items of a page without a usable cursor are valid. Therefore the next fetch fails, and not the current
        // one.
        self.next = match next_cursor(&content) {
            Ok(Some(cursor)) if self.seen_cursors.insert(cursor.as_ref()) => {
                NextPage::After(cursor)
            }
            Ok(Some(_)) => {
                NextPage::Invalid("the API repeated a cursor, so the list would never end")
            }
            Ok(None) => NextPage::None,
            Err(_) if list.page_size == 0 => {
                NextPage::Invalid("the page size is 0: set `page_size` to at least 1")
            }
            Err(reason) => NextPage::Invalid(reason),
        };
        self.skip_to_resume(&mut content.data);
        self.drop_repeated(&mut content.data);
        self.truncate(&mut content.data);
        if transport.observer.is_set() {
            let action = list.action();
            let event = Event::Page {
                checkpoint: action.checkpoint(),
                items: content.data.len(),
                has_more: content.has_more,
            };
            transport.observer.notify(&event, || action.clone())?;
        }
        Ok(Page {
            content,
            metadata: reply.metadata,
            after,
            pager: Box::new(self.without_history()),
        })
    }

    fn limit(&self) -> u32 {
        let page_size = self.list.page_size;
        self.remaining.map_or(page_size, |remaining| {
            page_size.min(u32::try_from(remaining).unwrap_or(u32::MAX))
        })
    }

    /// Drops the items that were returned before the position was saved.
    fn skip_to_resume(&mut self, data: &mut Vec<T>) {
        if let Some(first) = self.resume_at.take()
            && let Some(at) = data.iter().position(|item| *item.id() == first)
        {
            data.drain(..at);
        }
    }

    fn drop_repeated(&mut self, data: &mut Vec<T>) {
        let before = data.len();
        data.retain(|item| self.recent_ids.insert(item.id().as_ref()));
        let repeated = before - data.len();
        if repeated > 0 {
            tracing::warn!(repeated, "items that the API returned twice are left out");
        }
    }

    /// Applies `max_items`.
    fn truncate(&mut self, data: &mut Vec<T>) {
        let Some(remaining) = &mut self.remaining else {
            return;
        };
        let limit = usize::try_from(*remaining).unwrap_or(usize::MAX);
        if data.len() > limit {
            data.truncate(limit);
            let last = data.last();
            self.next = last.map_or(NextPage::First, |last| NextPage::After(last.id().clone()));
        }
        *remaining -= data.len() as u64;
    }

    /// Returns a copy without the seen cursors and items, which may be large.
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
