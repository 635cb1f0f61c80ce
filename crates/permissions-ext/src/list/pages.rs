use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_core::Stream;
use futures_util::stream::{BoxStream, StreamExt, try_unfold};
use sync_wrapper::SyncWrapper;
use tokio::sync::mpsc;
use tokio::task::{JoinError, JoinHandle};
use tracing::Instrument as _;

use super::pager::Pager;
use super::{Item, List, Page};
use crate::action::Action;
use crate::error::{Error, ErrorKind};
use crate::model::Permission;

/// A stream of pages, returned by [`List::pages`](super::List::pages).
///
/// The stream ends after the last page or after an error. Dropping the stream cancels the current request.
#[derive(Debug)]
#[must_use = "a stream does nothing unless it is polled"]
pub struct PageStream<T: Item = Permission>(
    SyncWrapper<BoxStream<'static, Result<Page<T>, Error>>>,
);

/// Fetches the pages of a list. The first page is fetched in the caller's task. If `prefetch` is set, a separate task
/// fetches each other page before the caller requests that page.
enum Fetcher<T: Item> {
    Inline(Box<Pager<T>>),
    Prefetching(Prefetch<T>),
}

/// A task that fetches the pages after the first one and stays one page ahead of the caller. Dropping this value aborts
/// the task.
///
/// With a separate task for each page, a list would take 5 % more time, measured with pages of 10 permissions.
struct Prefetch<T: Item> {
    pages: mpsc::Receiver<Result<Page<T>, Error>>,
    task: JoinHandle<()>,
    list: Arc<List<T>>,
}

impl<T: Item> PageStream<T> {
    pub(super) fn new(list: Arc<List<T>>) -> Self {
        let first = Fetcher::Inline(Box::new(Pager::new(list)));
        let pages = try_unfold(first, Fetcher::fetch_next);
        Self(SyncWrapper::new(pages.boxed()))
    }

    /// Returns the next page. A program can call this method in a loop without depending on `futures`.
    pub async fn next(&mut self) -> Option<Result<Page<T>, Error>> {
        StreamExt::next(self).await
    }
}

impl<T: Item> Fetcher<T> {
    async fn fetch_next(self) -> Result<Option<(Page<T>, Self)>, Error> {
        match self {
            Self::Inline(mut pager) => {
                let Some(page) = pager.fetch_next().await? else {
                    return Ok(None);
                };
                let next = match pager.list().prefetch && !pager.is_finished() {
                    true => Self::Prefetching(Prefetch::spawn(pager)),
                    false => Self::Inline(pager),
                };
                Ok(Some((page, next)))
            }
            Self::Prefetching(mut prefetch) => match prefetch.pages.recv().await {
                Some(page) => Ok(Some((page?, Self::Prefetching(prefetch)))),
                None => match (&mut prefetch.task).await {
                    Ok(()) => Ok(None),
                    Err(failure) => Err(not_fetched(prefetch.list.action(), failure)),
                },
            },
        }
    }
}

impl<T: Item> Prefetch<T> {
    fn spawn(mut pager: Box<Pager<T>>) -> Self {
        let list = pager.list().clone();
        let (sender, pages) = mpsc::channel(1);
        let fetch = async move {
            // The channel has room once the caller has received the previous page.
            while let Ok(room) = sender.reserve().await {
                match pager.fetch_next().await.transpose() {
                    Some(Ok(page)) => room.send(Ok(page)),
                    Some(Err(error)) => return room.send(Err(error)),
                    None => return,
                }
            }
        };
        let task = tokio::spawn(fetch.in_current_span());
        Self { pages, task, list }
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

impl<T: Item> Drop for Prefetch<T> {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl<T: Item> Stream for PageStream<T> {
    type Item = Result<Page<T>, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.get_mut().poll_next_unpin(cx)
    }
}
