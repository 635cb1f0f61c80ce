use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use futures_util::StreamExt;
use serde::{Deserialize, Serialize};

use super::pager::Pager;
use super::{Item, List, PageStream};
use crate::error::Error;
use crate::model::Permission;

/// A stream of items over all pages, returned by [`List::stream`].
///
/// The stream contains all items, or its last item is an error. Dropping the stream cancels the current request.
#[must_use = "a stream does nothing unless it is polled"]
pub struct ItemStream<T: Item = Permission> {
    pages: PageStream<T>,
    /// Items of the current page that have not been returned yet.
    items: std::vec::IntoIter<T>,
    /// The cursor with which the current page was fetched.
    after: Option<T::Id>,
    /// The pager for the pages after the current one.
    pager: Box<Pager<T>>,
}

/// A position in a list, returned by [`ItemStream::position`]. To continue the list there, pass the position to
/// [`List::resume`].
///
/// A position serializes as a JSON object and contains no secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound = "")]
#[non_exhaustive]
pub struct Position<T: Item = Permission> {
    /// Selects the items of the list.
    #[serde(flatten)]
    pub(super) query: T::Query,
    /// Cursor of the page to fetch. `None` for the first page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<T::Id>,
    /// First item to return from that page. `None` for the whole page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<T::Id>,
    /// True if all items have been returned.
    #[serde(default)]
    pub finished: bool,
}

impl<T: Item> ItemStream<T> {
    pub(super) fn new(list: Arc<List<T>>) -> Self {
        Self {
            pages: PageStream::new(list.clone()),
            items: Vec::new().into_iter(),
            after: list.after.clone(),
            pager: Box::new(Pager::new(list)),
        }
    }

    /// Returns the next item. A program can call this method in a loop without depending on `futures`.
    pub async fn next(&mut self) -> Option<Result<T, Error>> {
        StreamExt::next(self).await
    }

    /// Returns the next item of the current page.
    #[cfg(feature = "blocking")]
    pub(crate) fn take_fetched(&mut self) -> Option<T> {
        self.items.next()
    }

    /// Returns the position after the last returned item. [`List::resume`] continues from there.
    #[must_use]
    pub fn position(&self) -> Position<T> {
        let first = self.items.as_slice().first().map(T::id);
        let following = self.pager.after().filter(|_| first.is_none());
        Position {
            query: self.pager.list().query.clone(),
            after: following.or(self.after.as_ref()).cloned(),
            next: first.or(self.pager.resume_at()).cloned(),
            finished: first.is_none() && self.pager.is_complete(),
        }
    }
}

impl<T: Item> Stream for ItemStream<T> {
    type Item = Result<T, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(item) = self.items.next() {
                return Poll::Ready(Some(Ok(item)));
            }
            match ready!(self.pages.poll_next_unpin(cx)) {
                Some(Ok(page)) => {
                    self.items = page.content.data.into_iter();
                    self.after = page.after;
                    self.pager = page.pager;
                }
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.items.len(), None)
    }
}

impl<T: Item> fmt::Debug for ItemStream<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ItemStream")
            .field("position", &self.position())
            .finish_non_exhaustive()
    }
}
