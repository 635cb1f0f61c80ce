use std::fmt;
use std::future::{Future, poll_fn};
use std::mem;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use futures_core::Stream;
use tokio::sync::mpsc;
use tokio::task::{JoinError, JoinHandle};
use tokio::time::{Instant, Sleep, sleep};
use tracing::Instrument as _;

use super::pager::{Fetched, Pager};
use super::{List, Page};
use crate::error::{Error, ErrorKind};
use crate::transport::Deadline;

/// A stream of pages, returned by [`List::pages`](super::List::pages).
///
/// It ends after the last page or after an error. Dropping it cancels the current request.
#[must_use = "a stream does nothing unless it is polled"]
pub struct PageStream {
    list: Arc<List>,
    state: State,
}

enum State {
    Ready(Box<Pager>),
    /// The mutex is never locked. It makes the stream `Sync`, which the future is not.
    Fetching(Mutex<Pin<Box<dyn Future<Output = Fetched> + Send>>>),
    Prefetching(Prefetch),
    Finished,
}

/// A task that fetches the pages after the first one and stays one page ahead of the caller.
///
/// One task per list costs less than one task per page.
struct Prefetch {
    pages: mpsc::Receiver<Result<Page, Error>>,
    task: JoinHandle<()>,
}

impl PageStream {
    pub(super) fn new(list: Arc<List>, deadline: Option<Deadline>) -> Self {
        let pager = Pager::new(list.clone(), deadline);
        Self {
            list,
            state: State::Ready(Box::new(pager)),
        }
    }

    /// Returns the next page. Loops can use it without a crate for streams.
    pub async fn next(&mut self) -> Option<Result<Page, Error>> {
        poll_fn(|cx| self.poll_page(cx)).await
    }

    pub(super) fn poll_page(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Page, Error>>> {
        loop {
            match &mut self.state {
                State::Ready(_) => {
                    if let State::Ready(pager) = mem::replace(&mut self.state, State::Finished) {
                        self.state = State::Fetching(Mutex::new(Box::pin(pager.fetch_next())));
                    }
                }
                State::Fetching(fetch) => {
                    let future = fetch.get_mut().unwrap_or_else(PoisonError::into_inner);
                    let fetched = ready!(future.as_mut().poll(cx));
                    return Poll::Ready(self.advance(fetched));
                }
                State::Prefetching(prefetch) => {
                    let page = match ready!(prefetch.pages.poll_recv(cx)) {
                        Some(page) => page,
                        None => Err(match ready!(Pin::new(&mut prefetch.task).poll(cx)) {
                            Err(failure) => self.prefetch_failed(failure),
                            Ok(()) => return Poll::Ready(None),
                        }),
                    };
                    if page.as_ref().map_or(true, |page| page.pager.is_finished()) {
                        self.state = State::Finished;
                    }
                    return Poll::Ready(Some(page));
                }
                State::Finished => return Poll::Ready(None),
            }
        }
    }

    /// Returns a page that was fetched without a task, and prepares the next one.
    fn advance(&mut self, fetched: Fetched) -> Option<Result<Page, Error>> {
        self.state = State::Finished;
        match fetched.transpose()? {
            Ok((page, pager)) => {
                let prefetch = self.list.prefetch && !pager.is_finished();
                self.state = if prefetch {
                    State::Prefetching(Prefetch::spawn(pager))
                } else {
                    State::Ready(pager)
                };
                Some(Ok(page))
            }
            Err(error) => Some(Err(error)),
        }
    }

    /// Returns the error of a prefetch task that did not finish. Without it, the list would look complete.
    fn prefetch_failed(&self, failure: JoinError) -> Error {
        let action = self.list.action();
        match failure.try_into_panic() {
            Ok(payload) => Error::panicked(action, "the task that fetches pages", &*payload),
            Err(_) => {
                let reason = "the runtime was shut down while a page was fetched";
                Error::new(ErrorKind::Cancelled, action, reason)
            }
        }
    }
}

impl Prefetch {
    fn spawn(mut pager: Box<Pager>) -> Self {
        let (sender, pages) = mpsc::channel(1);
        let fetch = async move {
            let mut timer = PendingTimer::new();
            // The channel has room once the caller has received the previous page.
            while let Ok(room) = sender.reserve().await {
                timer.keep_pending();
                match pager.fetch_next().await {
                    Ok(Some((page, next))) => {
                        room.send(Ok(page));
                        pager = next;
                    }
                    Ok(None) => return,
                    Err(error) => return room.send(Err(error)),
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

impl Drop for Prefetch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Stream for PageStream {
    type Item = Result<Page, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_page(cx)
    }
}

impl fmt::Debug for PageStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PageStream")
            .field("list", &self.list)
            .finish_non_exhaustive()
    }
}
