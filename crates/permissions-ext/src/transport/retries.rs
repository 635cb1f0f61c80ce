use std::time::Duration;

use permissions_api as api;
use tokio::time::Instant;

use super::{Deadline, Failure, Operation, Reply, RetryPolicy, Transport};
use crate::error::{Attempt, Error, Kind};
use crate::event::Event;
use crate::options::RequestOptions;

/// The attempts of one request, and the decision about another one.
pub(crate) struct Retries<'a> {
    transport: &'a Transport,
    options: &'a RequestOptions,
    policy: &'a RetryPolicy,
    deadline: Deadline,
    api: api::Client,
    history: Vec<Attempt>,
    started: Instant,
}

impl<'a> Retries<'a> {
    pub(crate) fn new(
        transport: &'a Transport,
        options: &'a RequestOptions,
        deadline: Deadline,
    ) -> Self {
        let policy = options.retry.as_ref().unwrap_or(&transport.retry);
        Self {
            transport,
            options,
            policy,
            deadline,
            api: transport.client(options),
            history: Vec::new(),
            started: Instant::now(),
        }
    }

    /// Sends the operation once.
    pub(crate) async fn attempt<O: Operation>(
        &mut self,
        operation: &O,
    ) -> Result<Reply<O::Output>, Failure> {
        let valid = self.options.check(|| operation.action());
        valid.map_err(Failure::not_sent)?;
        self.started = Instant::now();
        let timeout = self.options.timeout.or(self.transport.http.timeout);
        let left = self.deadline.left();
        if left.is_some_and(|left| left.is_zero()) {
            let reason = "the deadline of the call had passed";
            return Err(Failure::not_sent(Error::new(
                Kind::Deadline,
                operation.action(),
                reason,
            )));
        }
        let ends_at_deadline =
            left.is_some_and(|left| timeout.is_none_or(|timeout| left < timeout));
        let failures = self.failures();
        let reply = self
            .transport
            .attempt(
                operation,
                &mut self.api,
                self.options,
                failures,
                if ends_at_deadline { left } else { timeout },
            )
            .await
            .map_err(|failure| match ends_at_deadline {
                true => failure.at_deadline(),
                false => failure,
            })?;
        let observer = &self.transport.observer;
        if observer.is_set() {
            let action = operation.action();
            if let Some(checkpoint) = action.checkpoint() {
                let event = Event::Succeeded {
                    operation: action.name(),
                    checkpoint,
                    elapsed: self.started.elapsed(),
                    metadata: &reply.metadata,
                };
                let notified = observer.notify(&event, || action.clone());
                notified.map_err(Failure::unknown)?;
            }
        }
        Ok(reply)
    }

    /// Waits until the next attempt is due, or says that there is none.
    pub(crate) async fn after(&mut self, failure: Failure) -> Result<(), Error> {
        self.history.push(Attempt {
            status: failure.error.status(),
            request_id: failure.error.request_id().map(str::to_owned),
            reason: failure.error.reason().to_owned(),
            elapsed: self.started.elapsed(),
            delay: None,
        });
        let delay = self.delay(&failure);
        self.notify(&failure.error, delay)?;
        let Some(delay) = delay else {
            let retry_after = failure.retry_after.map(|wait| wait.0);
            let history = std::mem::take(&mut self.history);
            return Err(failure
                .error
                .with_retry_after(retry_after)
                .with_attempts(history));
        };
        if let Some(last) = self.history.last_mut() {
            last.delay = Some(delay);
        }
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        Ok(())
    }

    fn notify(&self, error: &Error, delay: Option<Duration>) -> Result<(), Error> {
        let delay_ms = delay.map(|delay| delay.as_secs_f64() * 1e3);
        tracing::debug!(
            failures = self.failures(),
            delay_ms,
            reason = error.reason(),
            "an attempt failed"
        );
        let Some(checkpoint) = error.checkpoint() else {
            return Ok(());
        };
        let event = Event::Failed {
            operation: error.action().name(),
            checkpoint,
            elapsed: self.started.elapsed(),
            error,
            failures: self.failures(),
            delay,
        };
        let observer = &self.transport.observer;
        observer.notify(&event, || error.action().clone())
    }

    pub(crate) fn failures(&self) -> u32 {
        u32::try_from(self.history.len()).unwrap_or(u32::MAX)
    }

    /// How long to wait before another attempt; none where there shall be no other.
    fn delay(&self, failure: &Failure) -> Option<Duration> {
        if !failure.error.is_retryable() || !self.policy.allows(self.failures()) {
            return None;
        }
        let delay = match failure.retry_after {
            Some(wait) if self.policy.accepts(wait.0) => wait.0,
            Some(_) => return None,
            None => self.policy.delay(self.failures()),
        };
        // An attempt that could not even start in time is not worth the wait.
        self.deadline
            .left()
            .is_none_or(|left| delay < left)
            .then_some(delay)
    }
}
