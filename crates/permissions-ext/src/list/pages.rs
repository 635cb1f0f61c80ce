use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_core::Stream;
use futures_util::stream::{BoxStream, StreamExt as _, try_unfold};
use sync_wrapper::SyncWrapper;
use tokio::task::{JoinError, JoinHandle};
use tracing::Instrument as _;

use super::pager::Pager;
use super::{Item, List, Page};
use crate::action::Action;
use crate::error::{Error, ErrorKind};
use crate::model::Permission;

/// A stream of pages, returned by [`List::pages`](super::List::pages).
///
/// It ends after the last page or after an error. Dropping it cancels the current request.
#[derive(Debug)]
#[must_use = "a stream does nothing unless it is polled"]
pub struct PageStream<T: Item = Permission>(
    SyncWrapper<BoxStream<'static, Result<Page<T>, Error>>>,
);

/// Fetches the next page: in the task of the caller, or in a task of its own while the caller reads the current page.
enum Fetcher<T: Item> {
    Inline(Box<Pager<T>>),
    Prefetching(Prefetch<T>),
}

/// The next page and the pager for the page after it. `None` after the last page.
type Fetched<T> = Result<Option<(Page<T>, Box<Pager<T>>)>, Error>;

/// A task that fetches the next page. Dropping it aborts the task.
struct Prefetch<T: Item> {
    task: JoinHandle<Fetched<T>>,
    list: Arc<List<T>>,
}

impl<T: Item> PageStream<T> {
    pub(super) fn new(list: Arc<List<T>>) -> Self {
        let first = Fetcher::Inline(Box::new(Pager::new(list)));
        let pages = try_unfold(first, Fetcher::fetch_next);
        Self(SyncWrapper::new(pages.boxed()))
    }

    /// Returns the next page. Loops can use it without a crate for streams.
    pub async fn next(&mut self) -> Option<Result<Page<T>, Error>> {
        poll_fn(|cx| self.poll_page(cx)).await
    }

    pub(super) fn poll_page(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Page<T>, Error>>> {
        self.0.get_mut().poll_next_unpin(cx)
    }
}

impl<T: Item> Fetcher<T> {
    async fn fetch_next(self) -> Result<Option<(Page<T>, Self)>, Error> {
        let fetched = match self {
            Self::Inline(pager) => fetch(pager).await?,
            Self::Prefetching(mut prefetch) => match (&mut prefetch.task).await {
                Ok(fetched) => fetched?,
                Err(failure) => return Err(not_fetched(prefetch.list.action(), failure)),
            },
        };
        Ok(fetched.map(|(page, pager)| {
            let next = match pager.list().prefetch && !pager.is_finished() {
                true => Self::Prefetching(Prefetch {
                    list: pager.list().clone(),
                    task: tokio::spawn(fetch(pager).in_current_span()),
                }),
                false => Self::Inline(pager),
            };
            (page, next)
        }))
    }
}

/// Returns the error of a task that did not finish.
fn not_fetched(action: Action, failure: JoinError) -> Error {
    match failure.try_into_panic() {
        Ok(payload) => Error::panicked(action, "the task that fetches pages", &*payload),
        Err(_) => {
            let reason = "the runtime was shut down while a page was fetched";
            Error::new(ErrorKind::Cancelled, action, reason)
        }
    }
}

async fn fetch<T: Item>(mut pager: Box<Pager<T>>) -> Fetched<T> {
    let page = pager.fetch_next().await?;
    Ok(page.map(|page| (page, pager)))
}

impl<T: Item> Drop for Prefetch<T> {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl<T: Item> Stream for PageStream<T> {
    type Item = Result<Page<T>, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_page(cx)
    }
}
