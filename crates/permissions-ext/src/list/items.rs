use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_core::Stream;

use super::walk::Walk;
use super::{List, PageStream, Position};
use crate::transport::Deadline;
use crate::{Error, Permission, PermissionId};

/// The permissions of a list over all its pages; made by [`List::stream`].
///
/// Complete, or an error: whatever goes wrong comes as an error after the permissions before it, and then the stream
/// ends. Dropping it stops whatever is under way.
#[must_use = "a stream does nothing unless it is polled"]
pub struct PermissionStream {
    pages: PageStream,
    items: std::vec::IntoIter<Permission>,
    list: Arc<List>,
    page: Option<CurrentPage>,
    repeated: usize,
}

/// Where the page is whose items are being given.
struct CurrentPage {
    after: Option<PermissionId>,
    rest: Box<Walk>,
}

impl PermissionStream {
    pub(super) fn new(list: Arc<List>, deadline: Option<Deadline>) -> Self {
        let pages = PageStream::new(list.clone(), deadline);
        Self {
            pages,
            items: Vec::new().into_iter(),
            list,
            page: None,
            repeated: 0,
        }
    }

    /// The next permission, for loops without a stream library.
    pub async fn next(&mut self) -> Option<Result<Permission, Error>> {
        poll_fn(|cx| self.poll_item(cx)).await
    }

    /// The next permission where its page is here already.
    #[cfg(feature = "blocking")]
    pub(crate) fn take_fetched(&mut self) -> Option<Permission> {
        self.items.next()
    }

    /// Where this stream has got to: keep it, and go on later with [`List::resume`].
    #[must_use]
    pub fn position(&self) -> Position {
        let list = &self.list;
        let mut position = Position {
            checkpoint: list.permissions.checkpoint().clone(),
            after: list.query.after.clone(),
            next: list.start_at().cloned(),
            order: list.query.order,
            project_id: list.query.project_id.clone(),
            finished: list.is_finished(),
        };
        if let Some(page) = &self.page {
            let next = self.items.as_slice().first();
            let following = page.rest.after().filter(|_| next.is_none());
            position.after = following.or(page.after.as_ref()).cloned();
            position.next = next.map(|permission| permission.id.clone());
            position.finished = next.is_none() && page.rest.is_complete();
        }
        position
    }

    /// How many items were left out because the page before had shown them: rows moved while the list was read.
    #[must_use]
    pub fn repeated(&self) -> usize {
        self.repeated
    }

    fn poll_item(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Permission, Error>>> {
        loop {
            if let Some(permission) = self.items.next() {
                return Poll::Ready(Some(Ok(permission)));
            }
            match std::task::ready!(self.pages.poll_page(cx)) {
                Some(Ok(page)) => {
                    self.items = page.data.into_iter();
                    self.page = Some(CurrentPage {
                        after: page.after,
                        rest: page.rest,
                    });
                    self.repeated += page.repeated;
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
