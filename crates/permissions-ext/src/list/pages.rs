use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tracing::Instrument as _;

use super::walk::{Step, Walk};
use super::{List, Page};
use crate::Error;
use crate::error::Kind;
use crate::transport::Deadline;

/// The pages of a list, returned by [`List::pages`](super::List::pages).
///
/// The stream ends after the last page or after an error. Dropping it cancels the request in progress.
#[must_use = "a stream does nothing unless it is polled"]
pub struct PageStream {
    list: Arc<List>,
    state: State,
}

enum State {
    Ready(Box<Walk>),
    /// The mutex is never locked. It makes the stream `Sync`, which the future is not.
    Fetching(Mutex<Pin<Box<dyn Future<Output = Step> + Send>>>),
    Prefetching(Prefetch),
    Finished,
}

/// A task that fetches the pages after the first one and stays one page ahead of the reader.
///
/// One task per list costs less than one task per page. Dropping this aborts the task.
struct Prefetch {
    pages: mpsc::Receiver<Result<Page, Error>>,
    task: JoinHandle<()>,
}

impl PageStream {
    pub(super) fn new(list: Arc<List>, deadline: Option<Deadline>) -> Self {
        let walk = Walk::new(list.clone(), deadline);
        Self {
            list,
            state: State::Ready(Box::new(walk)),
        }
    }

    /// Returns the next page, for loops without a stream library.
    pub async fn next(&mut self) -> Option<Result<Page, Error>> {
        poll_fn(|cx| self.poll_page(cx)).await
    }

    pub(super) fn poll_page(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Page, Error>>> {
        loop {
            match &mut self.state {
                State::Ready(_) => {
                    if let State::Ready(walk) = std::mem::replace(&mut self.state, State::Finished)
                    {
                        self.state = State::Fetching(Mutex::new(Box::pin(walk.step())));
                    }
                }
                State::Fetching(fetch) => {
                    let future = fetch.get_mut().unwrap_or_else(PoisonError::into_inner);
                    let step = ready!(future.as_mut().poll(cx));
                    return Poll::Ready(self.after(step));
                }
                State::Prefetching(prefetch) => {
                    let page = ready!(prefetch.pages.poll_recv(cx));
                    // The task sends the last page or an error before it ends.
                    let page = page.unwrap_or_else(|| {
                        let reason = "the runtime shut down while a page was fetched";
                        Err(Error::new(Kind::Transport, self.list.action(), reason))
                    });
                    if page.as_ref().map_or(true, |page| page.rest.is_finished()) {
                        self.state = State::Finished;
                    }
                    return Poll::Ready(Some(page));
                }
                State::Finished => return Poll::Ready(None),
            }
        }
    }

    /// Chooses the next state after a page was fetched without a task.
    fn after(&mut self, step: Step) -> Option<Result<Page, Error>> {
        self.state = State::Finished;
        match step {
            Ok(Some((page, walk))) => {
                self.state = match walk.is_finished() {
                    false if self.list.prefetch => State::Prefetching(Prefetch::start(walk)),
                    _ => State::Ready(walk),
                };
                Some(Ok(page))
            }
            Ok(None) => None,
            Err(error) => Some(Err(error)),
        }
    }
}

impl Prefetch {
    fn start(mut walk: Box<Walk>) -> Self {
        let (sender, pages) = mpsc::channel(1);
        let fetch = async move {
            // The channel has room again once the reader has received the previous page.
            while let Ok(room) = sender.reserve().await {
                match walk.step().await {
                    Ok(Some((page, next))) => {
                        room.send(Ok(page));
                        walk = next;
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
