use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use futures_core::Stream;

use super::Page;
use super::walk::Walk;
use crate::Error;

type Step = (Walk, Result<Option<Page>, Error>);
type Fetch = Pin<Box<dyn Future<Output = Box<Step>> + Send>>;

/// The pages of a list; made by [`List::pages`](super::List::pages).
///
/// After an error, and after the last page, it ends. Dropping it stops whatever is under way.
#[must_use = "a stream does nothing unless it is polled"]
pub struct PageStream {
    state: State,
    prefetch: bool,
}

enum State {
    Ready(Box<Walk>),
    /// The mutex is never locked: it makes a future that need not be `Sync` part of a stream that is.
    Fetching(Mutex<Fetch>),
    Fetched(Option<Box<Step>>),
    Finished,
}

impl PageStream {
    pub(super) fn new(walk: Walk, prefetch: bool) -> Self {
        Self {
            state: State::Ready(Box::new(walk)),
            prefetch,
        }
    }

    /// The next page, for loops without a stream library.
    pub async fn next(&mut self) -> Option<Result<Page, Error>> {
        poll_fn(|cx| self.poll_page(cx)).await
    }

    /// Moves a fetch under way along, without waiting for it.
    pub(super) fn look_after(&mut self, cx: &mut Context<'_>) {
        if matches!(self.state, State::Fetching(_)) {
            self.nudge(cx);
        }
    }

    /// Starts to fetch where more is to come, or moves the fetch along.
    fn nudge(&mut self, cx: &mut Context<'_>) {
        if matches!(&self.state, State::Ready(walk) if walk.is_finished()) {
            return;
        }
        if let Poll::Ready(step) = self.poll_step(cx) {
            self.state = State::Fetched(step);
        }
    }

    pub(super) fn poll_page(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Page, Error>>> {
        let Some(step) = ready!(self.poll_step(cx)) else {
            return Poll::Ready(None);
        };
        let (walk, page) = *step;
        let Some(page) = page.transpose() else {
            return Poll::Ready(None);
        };
        if page.is_ok() {
            self.state = State::Ready(Box::new(walk));
            if self.prefetch {
                self.nudge(cx);
            }
        }
        Poll::Ready(Some(page))
    }

    /// Fetches the next page; the state is then finished, until whoever takes the page says otherwise.
    fn poll_step(&mut self, cx: &mut Context<'_>) -> Poll<Option<Box<Step>>> {
        let mut fetch = match std::mem::replace(&mut self.state, State::Finished) {
            State::Finished => return Poll::Ready(None),
            State::Fetched(step) => return Poll::Ready(step),
            State::Fetching(fetch) => fetch,
            State::Ready(walk) => {
                Mutex::new(Box::pin(async { Box::new((*walk).step().await) }) as Fetch)
            }
        };
        let future = fetch.get_mut().unwrap_or_else(PoisonError::into_inner);
        match future.as_mut().poll(cx) {
            Poll::Ready(step) => Poll::Ready(Some(step)),
            Poll::Pending => {
                self.state = State::Fetching(fetch);
                Poll::Pending
            }
        }
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
            .field("prefetch", &self.prefetch)
            .finish_non_exhaustive()
    }
}
