use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures_core::Stream;
use futures_util::stream::{BoxStream, StreamExt as _, try_unfold};
use tokio::sync::mpsc;
use tokio::task::{JoinError, JoinHandle};
use tokio::time::{Instant, Sleep, sleep};
use tracing::Instrument as _;

use super::pager::Pager;
use super::{Item, List, Page};
use crate::error::{Error, ErrorKind};
use crate::model::Permission;
use crate::transport::Deadline;

/// A stream of pages, returned by [`List::pages`](super::List::pages).
///
/// It ends after the last page or after an error. Dropping it cancels the current request.
#[must_use = "a stream does nothing unless it is polled"]
pub struct PageStream<T: Item = Permission> {
    list: Arc<List<T>>,
    /// The mutex is never locked. It makes the stream `Sync`, which the boxed one is not.
    pages: Mutex<BoxStream<'static, Result<Page<T>, Error>>>,
}

/// Fetches the next page: the first one in the task of the caller, and the others ahead of the caller.
enum Fetcher<T: Item> {
    Inline(Box<Pager<T>>),
    Prefetching(Prefetch<T>),
}

/// A task that fetches the pages after the first one and stays one page ahead of the caller.
///
/// One task per list costs less than one task per page.
struct Prefetch<T: Item> {
    pages: mpsc::Receiver<Result<Page<T>, Error>>,
    task: JoinHandle<()>,
}

impl<T: Item> PageStream<T> {
    pub(super) fn new(list: Arc<List<T>>, deadline: Option<Deadline>) -> Self {
        let pager = Box::new(Pager::new(list.clone(), deadline));
        let owner = list.clone();
        let pages = try_unfold(Fetcher::Inline(pager), move |fetcher| {
            fetcher.fetch_next(owner.clone())
        });
        Self {
            list,
            pages: Mutex::new(pages.boxed()),
        }
    }

    /// Returns the next page. Loops can use it without a crate for streams.
    pub async fn next(&mut self) -> Option<Result<Page<T>, Error>> {
        poll_fn(|cx| self.poll_page(cx)).await
    }

    /// Returns the items of all pages.
    pub(crate) async fn all(mut self) -> Result<Vec<T>, Error> {
        let mut all = Vec::new();
        while let Some(page) = self.next().await {
            all.append(&mut page?.into_data());
        }
        Ok(all)
    }

    pub(super) fn poll_page(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Page<T>, Error>>> {
        let pages = self.pages.get_mut();
        pages
            .unwrap_or_else(PoisonError::into_inner)
            .poll_next_unpin(cx)
    }
}

impl<T: Item> Fetcher<T> {
    async fn fetch_next(self, list: Arc<List<T>>) -> Result<Option<(Page<T>, Self)>, Error> {
        match self {
            Self::Inline(mut pager) => {
                let Some(page) = pager.fetch_next().await? else {
                    return Ok(None);
                };
                let next = match list.prefetch && !pager.is_finished() {
                    true => Self::Prefetching(Prefetch::spawn(pager)),
                    false => Self::Inline(pager),
                };
                Ok(Some((page, next)))
            }
            Self::Prefetching(mut prefetch) => match prefetch.pages.recv().await {
                Some(page) => Ok(Some((page?, Self::Prefetching(prefetch)))),
                None => match (&mut prefetch.task).await {
                    Ok(()) => Ok(None),
                    Err(failure) => Err(prefetch_failed(&list, failure)),
                },
            },
        }
    }
}

/// Returns the error of a prefetch task that did not finish. Without it, the list would look complete.
fn prefetch_failed<T: Item>(list: &List<T>, failure: JoinError) -> Error {
    match failure.try_into_panic() {
        Ok(payload) => Error::panicked(list.action(), "the task that fetches pages", &*payload),
        Err(_) => {
            let reason = "the runtime was shut down while a page was fetched";
            Error::new(ErrorKind::Cancelled, list.action(), reason)
        }
    }
}

impl<T: Item> Prefetch<T> {
    fn spawn(mut pager: Box<Pager<T>>) -> Self {
        let (sender, pages) = mpsc::channel(1);
        let fetch = async move {
            let mut timer = PendingTimer::new();
            // The channel has room once the caller has received the previous page.
            while let Ok(room) = sender.reserve().await {
                timer.keep_pending();
                match pager.fetch_next().await.transpose() {
                    Some(Ok(page)) => room.send(Ok(page)),
                    Some(Err(error)) => return room.send(Err(error)),
                    None => return,
                }
            }
        };
        Self {
            pages,
            task: tokio::spawn(fetch.in_current_span()),
        }
    }
}

/// A pending timer, which saves one system call per page.
///
/// tokio wakes its I/O driver with a system call when a timer becomes the earliest one. Without this timer, the timeout
/// of every request would.
struct PendingTimer(Pin<Box<Sleep>>);

impl PendingTimer {
    const PERIOD: Duration = Duration::from_secs(1);

    fn new() -> Self {
        let mut timer = Box::pin(sleep(Self::PERIOD));
        register(timer.as_mut());
        Self(timer)
    }

    fn keep_pending(&mut self) {
        if self.0.is_elapsed() {
            self.0.as_mut().reset(Instant::now() + Self::PERIOD);
            register(self.0.as_mut());
        }
    }
}

/// Registers a timer with the runtime. Nothing wakes when it elapses.
fn register(timer: Pin<&mut Sleep>) {
    let _ = timer.poll(&mut Context::from_waker(Waker::noop()));
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

impl<T: Item> fmt::Debug for PageStream<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PageStream")
            .field("list", &self.list)
            .finish_non_exhaustive()
    }
}
