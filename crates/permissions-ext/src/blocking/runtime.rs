use std::fmt;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;
use tokio::task::coop;

use crate::Error;
use crate::action::Action;
use crate::error::Kind;

/// More than the budget that tokio gives a task before it has to let others run.
const BEYOND_ANY_BUDGET: usize = 1024;

/// A runtime of one thread, which looks after connections and time while callers wait on their own threads.
#[derive(Clone)]
pub(super) struct Runtime(Arc<Background>);

struct Background {
    handle: Handle,
    /// When it goes, the thread ends.
    _stop: oneshot::Sender<()>,
}

impl Runtime {
    pub(super) fn start() -> Result<Self, Error> {
        let failed = |cause| {
            Error::config("the thread behind the blocking client cannot be started")
                .with_source(cause)
        };
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|cause: std::io::Error| failed(cause))?;
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel::<()>();
        thread::Builder::new()
            .name("permissions-ext".to_owned())
            .spawn(move || {
                // An error is what the other side leaves when it goes, which is what this waits for.
                let _ = runtime.block_on(stopped);
            })
            .map_err(failed)?;
        Ok(Self(Arc::new(Background {
            handle,
            _stop: stop,
        })))
    }

    /// Waits until it is done, where waiting is allowed.
    pub(super) fn wait<T>(&self, call: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        if is_within_a_task() {
            return Err(Error::new(
                Kind::WouldBlock,
                Action::Wait,
                "the blocking client was called from an asynchronous task, which it would hold up",
            ));
        }
        let _entered = self.0.handle.enter();
        let waker = Waker::from(Arc::new(Caller(thread::current())));
        let mut context = Context::from_waker(&waker);
        let mut call = pin!(call);
        loop {
            match call.as_mut().poll(&mut context) {
                Poll::Ready(result) => return result,
                Poll::Pending => thread::park(),
            }
        }
    }
}

/// Whether tokio is polling a task on this thread, and nothing between it and here has said that it may be held up.
///
/// That is so exactly where tokio counts what the task does, to make it let others run: the count is used up, and the
/// task lets others run at its next opportunity. There is no other way to ask that does not panic.
fn is_within_a_task() -> bool {
    if Handle::try_current().is_err() {
        return false;
    }
    let mut context = Context::from_waker(Waker::noop());
    (0..BEYOND_ANY_BUDGET).any(|_| pin!(coop::consume_budget()).poll(&mut context).is_pending())
}

/// A thread that waits.
struct Caller(Thread);

impl Wake for Caller {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.unpark();
    }
}

impl fmt::Debug for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runtime").finish_non_exhaustive()
    }
}
