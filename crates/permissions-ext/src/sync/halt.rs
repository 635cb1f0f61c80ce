use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::OnceLock;

use super::NotStarted;
use crate::Error;
use crate::error::Kind;

/// Why nothing more is to be started, once there is a reason.
#[derive(Debug, Default)]
pub(super) struct Halt(OnceLock<NotStarted>);

/// What stops a run when it is ready.
pub(super) type Signal = Pin<Box<dyn Future<Output = ()> + Send>>;

impl Halt {
    pub(super) fn reason(&self) -> Option<NotStarted> {
        self.0.get().copied()
    }

    /// Looks at an error: some say that whatever follows would meet the same.
    pub(super) fn consider(&self, error: &Error) {
        if matches!(
            error.kind(),
            Kind::Unauthorized | Kind::QuotaExceeded | Kind::Config | Kind::Key
        ) {
            self.stop(NotStarted::Refused);
        }
    }

    /// Runs to the end; from the signal on, nothing more is to be started.
    pub(super) async fn watch<T>(
        &self,
        mut signal: Option<Signal>,
        run: impl Future<Output = T>,
    ) -> T {
        let mut run = pin!(run);
        std::future::poll_fn(|cx| {
            if let Some(waiting) = &mut signal
                && waiting.as_mut().poll(cx).is_ready()
            {
                self.stop(NotStarted::Stopped);
                signal = None;
            }
            run.as_mut().poll(cx)
        })
        .await
    }

    /// The first reason stays.
    fn stop(&self, reason: NotStarted) {
        let _ = self.0.set(reason);
    }
}
