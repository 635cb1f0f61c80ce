use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

/// Ends what takes too long.
///
/// Of one call and for all of its attempts, no longer: a timer belongs to the runtime in which it was made, and the next
/// page of a list may be asked for in another.
#[derive(Default)]
pub(crate) struct Timer(Option<Pin<Box<Sleep>>>);

impl Timer {
    /// Counts from now; what would end beyond the end of the clock never ends.
    pub(super) fn start(&mut self, time: Duration) {
        match (Instant::now().checked_add(time), &mut self.0) {
            (Some(end), Some(sleep)) => sleep.as_mut().reset(end),
            (Some(end), none) => *none = Some(Box::pin(sleep_until(end))),
            (None, running) => *running = None,
        }
    }

    /// What comes of `work`; none where the time is up before.
    pub(super) async fn limit<T>(
        &mut self,
        mut work: Pin<&mut impl Future<Output = T>>,
    ) -> Option<T> {
        poll_fn(|cx| {
            if let Poll::Ready(done) = work.as_mut().poll(cx) {
                return Poll::Ready(Some(done));
            }
            match &mut self.0 {
                Some(sleep) => sleep.as_mut().poll(cx).map(|()| None),
                None => Poll::Pending,
            }
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};
    use std::pin::pin;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_takes_too_long_ends_and_what_is_ready_does_not() {
        let mut timer = Timer::default();
        for seconds in [3, 1, 2] {
            let started = Instant::now();
            timer.start(Duration::from_secs(seconds));
            assert_eq!(timer.limit(pin!(ready(7))).await, Some(7));
            assert_eq!(timer.limit(pin!(pending::<()>())).await, None);
            assert_eq!(started.elapsed().as_secs(), seconds);
            assert_eq!(
                timer.limit(pin!(pending::<()>())).await,
                None,
                "the time is up"
            );
            assert_eq!(
                timer.limit(pin!(ready(7))).await,
                Some(7),
                "what is there counts"
            );
        }
    }

    #[tokio::test(start_paused = true)]
    async fn time_without_end_ends_nothing() {
        let mut timer = Timer::default();
        timer.start(Duration::from_secs(1));
        timer.start(Duration::MAX);
        let slow = tokio::time::sleep(Duration::from_secs(1_000_000));
        assert_eq!(timer.limit(pin!(slow)).await, Some(()));
    }
}
