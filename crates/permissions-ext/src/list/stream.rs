use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_core::Stream;

use super::pager::Pager;
use super::{List, PageStream, Position};
use crate::error::Error;
use crate::model::{Permission, PermissionId};
use crate::transport::Deadline;

/// A stream of permissions over all pages, returned by [`List::stream`].
///
/// It is complete, or its last item is an error. Dropping it cancels the current request.
#[must_use = "a stream does nothing unless it is polled"]
pub struct PermissionStream {
    list: Arc<List>,
    pages: PageStream,
    /// Permissions of the current page that have not been returned yet.
    items: std::vec::IntoIter<Permission>,
    page: Option<CurrentPage>,
}

/// The page whose permissions are being returned.
struct CurrentPage {
    /// Cursor of the page.
    after: Option<PermissionId>,
    /// Pager for the next page.
    pager: Box<Pager>,
}

impl PermissionStream {
    pub(super) fn new(list: Arc<List>, deadline: Option<Deadline>) -> Self {
        let pages = PageStream::new(list.clone(), deadline);
        Self {
            list,
            pages,
            items: Vec::new().into_iter(),
            page: None,
        }
    }

    /// Returns the next permission. Loops can use it without a crate for streams.
    pub async fn next(&mut self) -> Option<Result<Permission, Error>> {
        poll_fn(|cx| self.poll_item(cx)).await
    }

    /// Returns the next permission of the current page.
    #[cfg(feature = "blocking")]
    pub(crate) fn take_fetched(&mut self) -> Option<Permission> {
        self.items.next()
    }

    /// Returns the position after the last returned permission. [`List::resume`] continues from there.
    #[must_use]
    pub fn position(&self) -> Position {
        let list = &self.list;
        let mut position = Position {
            checkpoint: list.checkpoint().clone(),
            after: list.after.clone(),
            next: list.resume_at().cloned(),
            order: list.order,
            project_id: list.project_id.clone(),
            finished: list.is_finished(),
        };
        if let Some(page) = &self.page {
            let next = self.items.as_slice().first();
            let following = page.pager.after().filter(|_| next.is_none());
            position.after = following.or(page.after.as_ref()).cloned();
            position.next = next.map(|permission| permission.id.clone());
            position.finished = next.is_none() && page.pager.is_complete();
        }
        position
    }

    fn poll_item(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Permission, Error>>> {
        loop {
            if let Some(permission) = self.items.next() {
                return Poll::Ready(Some(Ok(permission)));
            }
            match ready!(self.pages.poll_page(cx)) {
                Some(Ok(page)) => {
                    self.items = page.data.into_iter();
                    self.page = Some(CurrentPage {
                        after: page.after,
                        pager: page.pager,
                    });
                }
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
    }
}

impl Stream for PermissionStream {
    type Item = Result<Permission, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_item(cx)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.items.len(), None)
    }
}

impl fmt::Debug for PermissionStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PermissionStream")
            .field("position", &self.position())
            .finish_non_exhaustive()
    }
}
