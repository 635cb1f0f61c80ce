use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Waker};
use std::thread;

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;
use tokio::task::coop;

use crate::action::Action;
use crate::error::{Error, ErrorKind};

/// A number of polls that exceeds the budget of a tokio task. The budget is 128.
const BEYOND_ANY_BUDGET: usize = 1024;

/// A runtime whose background thread runs connections and timers. Calls run on the threads of their callers.
#[derive(Clone, Debug)]
pub(super) struct Runtime {
    handle: Handle,
    /// Dropping the last clone ends the thread.
    _stop: Arc<oneshot::Sender<()>>,
}

impl Runtime {
    pub(super) fn start() -> Result<Self, Error> {
        let failed = |cause| {
            Error::config("failed to start the background thread of the blocking client")
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
                // Completes with an error when the sender is dropped.
                let _ = runtime.block_on(stopped);
            })
            .map_err(failed)?;
        Ok(Self {
            handle,
            _stop: Arc::new(stop),
        })
    }

    /// Blocks until the call is done. Fails in an asynchronous task.
    pub(super) fn wait<T>(&self, call: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        if is_within_a_task() {
            return Err(Error::new(
                ErrorKind::WouldBlock,
                Action::Wait,
                "the blocking client was called in an asynchronous task and would block the thread of the task",
            ));
        }
        self.handle.block_on(call)
    }
}

/// Returns whether this thread runs an asynchronous task, outside of `spawn_blocking` and `block_in_place`.
///
/// tokio limits how often a task may poll before the task must yield. Code outside of tasks has no such limit. The
/// check uses up the limit, so the task yields at the next await. tokio's other functions, such as `Handle::block_on`,
/// report a task only with a panic.
fn is_within_a_task() -> bool {
    if Handle::try_current().is_err() {
        return false;
    }
    let mut context = Context::from_waker(Waker::noop());
    (0..BEYOND_ANY_BUDGET).any(|_| pin!(coop::consume_budget()).poll(&mut context).is_pending())
}
