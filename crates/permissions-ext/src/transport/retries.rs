use std::sync::Arc;
use std::time::Duration;

use http::HeaderName;
use http::header::AUTHORIZATION;
use permissions_api as api;
use permissions_api::hooks::ResponseHead;
use tokio::time::Instant;

use super::limiter::{Limiter, next_request};
use super::pacer::Permit;
use super::{Deadline, Operation, Reply, Transport};
use crate::error::{Attempt, Error, ErrorKind};
use crate::event::Event;
use crate::metadata::Metadata;
use crate::options::RequestOptions;
use crate::retry_policy::RetryPolicy;

/// Name of the header with the number of earlier attempts of a request. The official SDKs send the same header.
pub(crate) const RETRY_COUNT: HeaderName = HeaderName::from_static("x-stainless-retry-count");

/// Largest number of attempts that an error lists. The API may refuse a bulk call any number of times.
const MAX_HISTORY: usize = 16;

/// The attempts of one request.
pub(crate) struct Retries<'a> {
    pub(super) transport: &'a Transport,
    pub(super) options: &'a RequestOptions,
    deadline: Deadline,
    /// The generated client with the options of the request.
    pub(super) api: api::Client,
    limiter: Arc<Limiter>,
    permit: Permit,
    /// The first and the last failed attempts.
    history: Vec<Attempt>,
    /// Number of failed attempts.
    pub(super) failures: u32,
    /// Number of failed attempts that count towards `max_retries`.
    retries: u32,
    /// Start of the last attempt.
    pub(super) started: Instant,
}

impl<'a> Retries<'a> {
    pub(crate) fn new(
        transport: &'a Transport,
        options: &'a RequestOptions,
        deadline: Deadline,
    ) -> Self {
        let mut api = transport.api.clone();
        let context = api.context_mut();
        context.head = Some(ResponseHead::default());
        context.query.clone_from(&options.query);
        context.body_limit = options.body_limit.or(context.body_limit);
        for (name, value) in &options.headers {
            match value {
                Some(value) => context.headers_mut().insert(name, value.clone()),
                None => context.headers_mut().remove(name),
            };
        }
        let own_key = options.header(&AUTHORIZATION).flatten();
        let key = transport.headers().get(AUTHORIZATION);
        Self {
            transport,
            options,
            deadline,
            api,
            limiter: transport
                .limiters
                .get(own_key.filter(|own| key != Some(own))),
            permit: Permit::default(),
            history: Vec::new(),
            failures: 0,
            retries: 0,
            started: Instant::now(),
        }
    }

    /// Waits for the rate limiter and sends the operation once.
    pub(crate) async fn attempt<O: Operation>(
        &mut self,
        operation: &O,
    ) -> Result<Reply<O::Output>, Error> {
        self.options.check(|| operation.action())?;
        let bulk = self.options.bulk.as_deref();
        let max_wait = self.transport.limiters.max_wait(bulk.is_some());
        let permit = self.limiter.acquire(bulk, self.deadline, max_wait).await;
        self.permit = permit.map_err(|error| error.during(operation.action()))?;
        self.started = Instant::now();
        let timeout = self.options.timeout.or(self.transport.http.timeout);
        let left = self.deadline.left();
        if left.is_some_and(|left| left.is_zero()) {
            let reason = "the deadline of the call has passed";
            return Err(Error::new(ErrorKind::Deadline, operation.action(), reason));
        }
        let ends_at_deadline =
            left.is_some_and(|left| timeout.is_none_or(|timeout| left < timeout));
        let timeout = if ends_at_deadline { left } else { timeout };
        let reply = match self.send(operation, timeout).await {
            Err(error) if ends_at_deadline => return Err(error.at_deadline()),
            reply => reply?,
        };
        let max_wait = self.transport.limiters.max_wait;
        self.limiter.accept(self.permit, &reply.metadata, max_wait);
        if self.transport.observer.is_set() {
            self.notify_success(operation, &reply.metadata)?;
        }
        Ok(reply)
    }

    fn notify_success<O: Operation>(
        &self,
        operation: &O,
        metadata: &Metadata,
    ) -> Result<(), Error> {
        let action = operation.action();
        let event = Event::Succeeded {
            operation: action.name(),
            checkpoint: action.checkpoint(),
            elapsed: self.started.elapsed(),
            metadata,
        };
        let notified = self.transport.observer.notify(&event, || action.clone());
        notified.map_err(|error| error.with(|it| it.is_ambiguous = true))
    }

    /// Decides whether to retry, and waits before the retry. Returns the error if there is no retry.
    ///
    /// If the API asked to wait, the wait is part of the next attempt.
    pub(crate) async fn after(&mut self, error: Error) -> Result<(), Error> {
        if error.is_final() {
            return Err(self.fail(error));
        }
        self.failures = self.failures.saturating_add(1);
        let asked = self.asked_wait(&error);
        if let Some(wait) = asked {
            let wait = wait.min(self.transport.limiters.max_pause());
            let bulk = self.options.bulk.as_deref();
            self.limiter
                .refuse(self.permit, wait, error.rate_limit(), bulk);
        }
        let delay = self.delay(&error, asked);
        self.record(&error, delay);
        self.notify_failure(&error, delay)?;
        let Some(delay) = delay else {
            return Err(self.fail(error));
        };
        if asked.is_none() {
            tokio::time::sleep(delay).await;
        }
        Ok(())
    }

    /// Returns the error of the call, with all attempts.
    fn fail(&mut self, error: Error) -> Error {
        error.with(|it| it.attempts = std::mem::take(&mut self.history))
    }

    fn record(&mut self, error: &Error, delay: Option<Duration>) {
        if self.history.len() == MAX_HISTORY {
            self.history.remove(MAX_HISTORY / 2);
        }
        self.history.push(Attempt {
            status: error.status(),
            request_id: error.request_id().map(str::to_owned),
            reason: error.reason().to_owned(),
            elapsed: self.started.elapsed(),
            delay,
        });
    }

    fn notify_failure(&self, error: &Error, delay: Option<Duration>) -> Result<(), Error> {
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

    fn policy(&self) -> &RetryPolicy {
        self.options.retry.as_ref().unwrap_or(&self.transport.retry)
    }

    /// Returns the wait that the API asked for, but at least the backoff. A bulk call also waits after a 429 response
    /// without `Retry-After`, because the number of its attempts after a 429 is not limited.
    fn asked_wait(&self, error: &Error) -> Option<Duration> {
        if !error.is_retryable() {
            return None;
        }
        let is_bulk = self.options.bulk.is_some();
        let is_rate_limited = error.kind() == ErrorKind::RateLimited;
        let limit = error.rate_limit().filter(|_| is_rate_limited);
        let by_limit = || limit.and_then(next_request);
        match error.retry_after().or_else(by_limit) {
            Some(wait) if is_bulk => Some(wait.max(self.policy().backoff(1))),
            Some(wait) => Some(wait.max(self.policy().backoff(self.failures))),
            None if is_bulk && is_rate_limited => Some(self.policy().backoff(self.failures)),
            None => None,
        }
    }

    /// Returns the delay before the next attempt. `None` if the call fails.
    fn delay(&mut self, error: &Error, asked: Option<Duration>) -> Option<Duration> {
        let is_bulk = self.options.bulk.is_some();
        if !error.is_retryable() {
            return None;
        }
        let longest = self.transport.limiters.max_wait(is_bulk);
        if error.retry_after().is_some_and(|wait| wait > longest) {
            return None;
        }
        // Bulk calls wait for the API's rate limit as often as necessary. The rate limiter checks the deadline. A retry
        // after a 503 with Retry-After counts towards `max_retries`, because the call would otherwise wait for ever for
        // a server that stays unavailable.
        let is_rate_limited = error.kind() == ErrorKind::RateLimited;
        if is_bulk && is_rate_limited && asked.is_some() {
            return asked;
        }
        self.retries = self.retries.saturating_add(1);
        if !self.policy().allows(self.retries) {
            return None;
        }
        let delay = asked.unwrap_or_else(|| self.policy().backoff(self.retries));
        let is_in_time = self.deadline.left().is_none_or(|left| delay < left);
        is_in_time.then_some(delay)
    }
}
