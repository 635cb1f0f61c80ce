use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use tokio::task::JoinHandle;
use tracing::Instrument as _;

use super::walk::{Step, Walk};
use super::{List, Page};
use crate::Error;
use crate::error::Kind;
use crate::transport::Deadline;

/// The pages of a list; made by [`List::pages`](super::List::pages).
///
/// After an error, and after the last page, it ends. Dropping it stops whatever is under way.
#[must_use = "a stream does nothing unless it is polled"]
pub struct PageStream {
    list: Arc<List>,
    state: State,
}

enum State {
    Ready(Box<Walk>),
    /// The mutex is never locked: it makes a future that need not be `Sync` part of a stream that is.
    Fetching(Mutex<Pin<Box<dyn Future<Output = Step> + Send>>>),
    FetchingAhead(Ahead),
    Finished,
}

/// A page that is fetched by a task of its own while the one before it is read.
struct Ahead(JoinHandle<Step>);

impl PageStream {
    pub(super) fn new(list: Arc<List>, deadline: Option<Deadline>) -> Self {
        let walk = Walk::new(list.clone(), deadline);
        Self {
            list,
            state: State::Ready(Box::new(walk)),
        }
    }

    /// The next page, for loops without a stream library.
    pub async fn next(&mut self) -> Option<Result<Page, Error>> {
        poll_fn(|cx| self.poll_page(cx)).await
    }

    pub(super) fn poll_page(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Page, Error>>> {
        match ready!(self.poll_step(cx)) {
            Ok(Some((page, walk))) => {
                let ahead = self.list.prefetch && !walk.is_finished();
                self.state = if ahead {
                    State::FetchingAhead(Ahead::start(walk))
                } else {
                    State::Ready(walk)
                };
                Poll::Ready(Some(Ok(page)))
            }
            Ok(None) => Poll::Ready(None),
            Err(error) => Poll::Ready(Some(Err(error))),
        }
    }

    /// Fetches the next page; the state is then finished, until whoever takes the page says otherwise.
    fn poll_step(&mut self, cx: &mut Context<'_>) -> Poll<Step> {
        match std::mem::replace(&mut self.state, State::Finished) {
            State::Finished => Poll::Ready(Ok(None)),
            State::Ready(walk) => {
                self.state = State::Fetching(Mutex::new(Box::pin(walk.step())));
                self.poll_step(cx)
            }
            State::Fetching(mut fetch) => {
                let future = fetch.get_mut().unwrap_or_else(PoisonError::into_inner);
                let step = future.as_mut().poll(cx);
                if step.is_pending() {
                    self.state = State::Fetching(fetch);
                }
                step
            }
            State::FetchingAhead(mut ahead) => match Pin::new(&mut ahead.0).poll(cx) {
                Poll::Ready(Ok(step)) => Poll::Ready(step),
                // Whoever still reads shall not take this for the end of the list.
                Poll::Ready(Err(_)) => {
                    let reason = "the runtime shut down while a page was fetched";
                    Poll::Ready(Err(Error::new(Kind::Transport, self.list.action(), reason)))
                }
                Poll::Pending => {
                    self.state = State::FetchingAhead(ahead);
                    Poll::Pending
                }
            },
        }
    }
}

impl Ahead {
    fn start(walk: Box<Walk>) -> Self {
        Self(tokio::spawn(walk.step().in_current_span()))
    }
}

impl Drop for Ahead {
    fn drop(&mut self) {
        self.0.abort();
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
