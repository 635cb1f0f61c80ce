use std::sync::Arc;
use std::time::Duration;

use permissions_api as api;
use tokio::time::Instant;

use super::limiter::{Limiter, next_request};
use super::pacer::Permit;
use super::{Deadline, Failure, Operation, Reply, Transport};
use crate::action::Action;
use crate::error::{Attempt, Error, ErrorKind};
use crate::event::Event;
use crate::options::RequestOptions;
use crate::retry_policy::RetryPolicy;

/// Largest number of attempts that an error lists. The API may refuse a bulk call any number of times.
const MAX_HISTORY: usize = 16;

/// The failed attempts of one request. Decides whether to retry.
pub(crate) struct Retries<'a> {
    transport: &'a Transport,
    options: &'a RequestOptions,
    policy: &'a RetryPolicy,
    deadline: Deadline,
    api: api::Client,
    limiter: Arc<Limiter>,
    permit: Permit,
    /// The first and the last failed attempts.
    history: Vec<Attempt>,
    /// Number of failed attempts.
    failures: u32,
    /// Number of failed attempts that count towards `max_retries`.
    retries: u32,
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
            limiter: transport
                .limiters
                .get(transport.key.fixed(), options.key.as_ref()),
            permit: Permit::default(),
            history: Vec::new(),
            failures: 0,
            retries: 0,
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
        self.acquire(|| operation.action()).await?;
        self.started = Instant::now();
        let timeout = self.options.timeout.or(self.transport.http.timeout);
        let left = self.deadline.left();
        if left.is_some_and(|left| left.is_zero()) {
            let reason = "the deadline of the call has passed";
            let error = Error::new(ErrorKind::Deadline, operation.action(), reason);
            return Err(Failure::not_sent(error));
        }
        let ends_at_deadline =
            left.is_some_and(|left| timeout.is_none_or(|timeout| left < timeout));
        let reply = self
            .transport
            .attempt(
                operation,
                &mut self.api,
                self.options,
                self.failures,
                if ends_at_deadline { left } else { timeout },
            )
            .await
            .map_err(|failure| Failure {
                error: match ends_at_deadline {
                    true => failure.error.at_deadline(),
                    false => failure.error,
                },
                ..failure
            })?;
        let max_wait = self.transport.limiters.max_wait;
        self.limiter.accept(self.permit, &reply.metadata, max_wait);
        let observer = &self.transport.observer;
        if observer.is_set() {
            let action = operation.action();
            let event = Event::Succeeded {
                operation: action.name(),
                checkpoint: action.checkpoint(),
                elapsed: self.started.elapsed(),
                metadata: &reply.metadata,
            };
            let notified = observer.notify(&event, || action.clone());
            notified.map_err(Failure::ambiguous)?;
        }
        Ok(reply)
    }

    /// Decides whether to retry, and waits before the retry. Returns the error if there is no retry.
    ///
    /// If the API asked to wait, the wait is part of the next attempt.
    pub(crate) async fn after(&mut self, failure: Failure) -> Result<(), Error> {
        if failure.is_final {
            return Err(self.fail(failure));
        }
        self.failures = self.failures.saturating_add(1);
        let asked = self.asked_wait(&failure);
        if let Some(wait) = asked {
            let wait = wait.min(self.transport.limiters.max_pause());
            let limit = failure.error.rate_limit();
            let bulk = self.options.bulk.as_deref();
            self.limiter.refuse(self.permit, wait, limit, bulk);
        }
        let delay = self.delay(&failure, asked);
        self.record(&failure, delay);
        self.notify(&failure.error, delay)?;
        match delay {
            None => Err(self.fail(failure)),
            Some(_) if asked.is_some() => Ok(()),
            Some(delay) => {
                tokio::time::sleep(delay).await;
                Ok(())
            }
        }
    }

    /// Returns the error of the call, with all attempts.
    fn fail(&mut self, failure: Failure) -> Error {
        let Failure {
            error, retry_after, ..
        } = failure;
        let error = match retry_after {
            Some(_) => error.with(|it| it.retry_after = retry_after),
            None => error,
        };
        error.with(|it| it.attempts = std::mem::take(&mut self.history))
    }

    fn record(&mut self, failure: &Failure, delay: Option<Duration>) {
        if self.history.len() == MAX_HISTORY {
            self.history.remove(MAX_HISTORY / 2);
        }
        self.history.push(Attempt {
            status: failure.error.status(),
            request_id: failure.error.request_id().map(str::to_owned),
            reason: failure.error.reason().to_owned(),
            elapsed: self.started.elapsed(),
            delay,
        });
    }

    fn notify(&self, error: &Error, delay: Option<Duration>) -> Result<(), Error> {
        let delay_ms = delay.map(|delay| delay.as_secs_f64() * 1e3);
        tracing::debug!(
            failures = self.failures,
            delay_ms,
            reason = error.reason(),
            "an attempt failed"
        );
        let event = Event::Failed {
            operation: error.action().name(),
            checkpoint: error.checkpoint(),
            elapsed: self.started.elapsed(),
            error,
            failures: self.failures,
            delay,
        };
        let observer = &self.transport.observer;
        observer.notify(&event, || error.action().clone())
    }

    /// Returns the wait that the API asked for, but at least the backoff. A bulk call also waits after a 429 response
    /// without a header, because its attempts are not limited then.
    fn asked_wait(&self, failure: &Failure) -> Option<Duration> {
        let error = &failure.error;
        if !error.is_retryable() {
            return None;
        }
        let is_bulk = self.options.bulk.is_some();
        let is_rate_limited = error.kind() == ErrorKind::RateLimited;
        let limit = error.rate_limit().filter(|_| is_rate_limited);
        let by_limit = || limit.and_then(next_request);
        match failure.retry_after.or_else(by_limit) {
            Some(wait) if is_bulk => Some(wait.max(self.policy.backoff(1))),
            Some(wait) => Some(wait.max(self.policy.backoff(self.failures))),
            None if is_bulk && is_rate_limited => Some(self.policy.backoff(self.failures)),
            None => None,
        }
    }

    /// Returns the delay before the next attempt. `None` if the call fails.
    fn delay(&mut self, failure: &Failure, asked: Option<Duration>) -> Option<Duration> {
        let is_bulk = self.options.bulk.is_some();
        if !failure.error.is_retryable() {
            return None;
        }
        let longest = self.transport.limiters.max_wait(is_bulk);
        if failure.retry_after.is_some_and(|wait| wait > longest) {
            return None;
        }
        // Bulk calls wait for the API's rate limit as often as necessary. The rate limiter checks the deadline. A 503 with
        // Retry-After counts as a retry, because a server that stays unavailable would let the call wait for ever.
        let is_rate_limited = failure.error.kind() == ErrorKind::RateLimited;
        if is_bulk && is_rate_limited && asked.is_some() {
            return asked;
        }
        self.retries = self.retries.saturating_add(1);
        if !self.policy.allows(self.retries) {
            return None;
        }
        let delay = asked.unwrap_or_else(|| self.policy.backoff(self.retries));
        let is_in_time = self.deadline.left().is_none_or(|left| delay < left);
        is_in_time.then_some(delay)
    }

    /// Waits for the rate limiter.
    async fn acquire(&mut self, action: impl FnOnce() -> Action) -> Result<(), Failure> {
        let bulk = self.options.bulk.as_deref();
        let max_wait = self.transport.limiters.max_wait(bulk.is_some());
        match self.limiter.acquire(bulk, self.deadline, max_wait).await {
            Ok(permit) => {
                self.permit = permit;
                Ok(())
            }
            Err(interrupt) => Err(Failure::interrupted(interrupt, action(), max_wait)),
        }
    }
}
