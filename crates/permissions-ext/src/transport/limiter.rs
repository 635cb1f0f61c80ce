//! The rate limiter of a client: pauses all requests if the API asks to wait, and paces the requests of bulk calls.

use std::collections::HashMap;
use std::future::Future;
use std::hash::{BuildHasher as _, RandomState};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::{Either, select};
use http::HeaderValue;
use tokio::time::{Instant, sleep};

use super::Deadline;
use super::pace::Achieved;
use super::pacer::{Pacer, Permit};
use crate::action::Action;
use crate::error::{Error, ErrorKind, readable};
use crate::metadata::{Metadata, RateLimit};
use crate::progress::BulkProgress;

const REMAINING: &str = "x-ratelimit-remaining-requests";

/// Longest sleep between two reports of a wait.
const REPORT_INTERVAL: Duration = Duration::from_secs(1);

/// Once a client has this many limiters, it drops the limiters that are not active. Otherwise, a program that passes a
/// new key to each request would keep one limiter per request.
const MAX_KEYS: usize = 64;

/// The rate limiters of a client and its clones, one for each admin key.
pub(crate) struct Limiters {
    default: Arc<Limiter>,
    by_key: Mutex<HashMap<u64, Arc<Limiter>>>,
    /// Hashes the keys. The map contains only hashes, so that no key stays in memory.
    hasher: RandomState,
    /// Longest wait of a single call.
    pub(super) max_wait: Duration,
    /// Longest wait of a bulk call.
    pub(super) max_bulk_wait: Duration,
}

/// The rate limiter for one admin key.
#[derive(Default)]
pub(super) struct Limiter {
    /// True if requests may have to wait. While the flag is false, the limiter costs a request one atomic load.
    is_active: AtomicBool,
    pacer: Mutex<Pacer>,
    /// Held by the first waiting bulk request. The other bulk requests wait for this lock in order.
    queue: tokio::sync::Mutex<()>,
}

impl Limiters {
    pub(crate) fn new(max_wait: Duration, max_bulk_wait: Duration) -> Self {
        Self {
            default: Arc::default(),
            by_key: Mutex::default(),
            hasher: RandomState::new(),
            max_wait,
            max_bulk_wait,
        }
    }

    /// Returns the limiter of a request's own key, or of the client's key.
    pub(super) fn get(&self, own_key: Option<&HeaderValue>) -> Arc<Limiter> {
        let Some(key) = own_key else {
            return self.default.clone();
        };
        let mut by_key = lock(&self.by_key);
        if by_key.len() >= MAX_KEYS {
            by_key.retain(|_, limiter| limiter.is_active());
        }
        let hash = self.hasher.hash_one(key.as_bytes());
        by_key.entry(hash).or_default().clone()
    }

    /// Returns the longest pause of the client, which is twice the longest wait that any call accepts. While the rest
    /// of the pause is longer than the longest accepted wait, every call fails at once. The limit of the pause prevents
    /// a wrong header from blocking the client for days.
    pub(super) fn max_pause(&self) -> Duration {
        self.max_wait.max(self.max_bulk_wait).saturating_mul(2)
    }

    /// Returns the longest wait that a call accepts if the API asks to wait.
    pub(super) fn max_wait(&self, is_bulk: bool) -> Duration {
        if is_bulk {
            self.max_bulk_wait
        } else {
            self.max_wait
        }
    }
}

impl Limiter {
    /// Waits until a request may be sent. Fails if the wait is too long or the bulk call is stopped.
    pub(super) async fn acquire(
        &self,
        bulk: Option<&BulkProgress>,
        deadline: Deadline,
        max_wait: Duration,
    ) -> Result<Permit, Error> {
        if !self.is_active() {
            return Ok(Permit::default());
        }
        // Boxed to keep the future small. Most requests do not wait.
        Box::pin(async {
            match bulk {
                Some(bulk) => self.wait_in_queue(bulk, deadline, max_wait).await,
                None => self.wait(deadline, max_wait).await,
            }
        })
        .await
    }

    /// Updates the rate after a successful response.
    pub(super) fn accept(&self, permit: Permit, metadata: &Metadata, max_wait: Duration) {
        let is_exhausted = metadata.header(REMAINING) == Some("0");
        if is_exhausted && let Some(rate) = metadata.rate_limit().and_then(allowed_rate) {
            lock(&self.pacer).exhaust(Instant::now(), rate, max_wait);
            self.is_active.store(true, Ordering::Relaxed);
        } else if self.is_active() {
            lock(&self.pacer).accept(permit, Instant::now());
        }
    }

    /// Updates the rate and the pause after a response that asks to wait.
    pub(super) fn refuse(
        &self,
        permit: Permit,
        wait: Duration,
        limit: Option<RateLimit>,
        bulk: Option<&BulkProgress>,
    ) {
        let achieved = bulk.map_or_else(Achieved::default, |bulk| Achieved {
            steps: bulk.done(),
            elapsed: bulk.elapsed(),
        });
        let rate = limit.and_then(allowed_rate);
        lock(&self.pacer).refuse(permit, Instant::now(), wait, rate, achieved);
        self.is_active.store(true, Ordering::Relaxed);
    }

    fn is_active(&self) -> bool {
        self.is_active.load(Ordering::Relaxed)
    }

    /// Locks the pacer, and clears the flag if no request has to wait.
    fn pacer(&self) -> MutexGuard<'_, Pacer> {
        let mut pacer = lock(&self.pacer);
        if pacer.is_idle(Instant::now()) {
            self.is_active.store(false, Ordering::Relaxed);
        }
        pacer
    }

    async fn wait(&self, deadline: Deadline, max_wait: Duration) -> Result<Permit, Error> {
        loop {
            let wait = self.pacer().pause(Instant::now());
            if wait.is_zero() {
                return Ok(Permit::default());
            }
            check(wait, deadline, max_wait)?;
            sleep(wait).await;
        }
    }

    async fn wait_in_queue(
        &self,
        bulk: &BulkProgress,
        deadline: Deadline,
        max_wait: Duration,
    ) -> Result<Permit, Error> {
        // Checks the pause before the request waits in the queue. If the pause is too long, the request fails at once.
        check(self.pacer().pause(Instant::now()), deadline, max_wait)?;
        let left = deadline.left();
        let turn = until_stopped(bulk, self.queue.lock());
        let _first = match left {
            None => turn.await?,
            Some(left) => match tokio::time::timeout(left, turn).await {
                Ok(turn) => turn?,
                Err(_) => return Err(after_deadline(left)),
            },
        };
        loop {
            let (pause, wait) = {
                let mut pacer = self.pacer();
                let now = Instant::now();
                let wait = pacer.bulk_wait(now);
                if wait.is_zero() {
                    return Ok(pacer.take(now));
                }
                (pacer.pause(now), wait)
            };
            // `max_wait` limits only a wait that the API asked for. The interval between two requests is limited only
            // by the deadline.
            check(pause, deadline, max_wait)?;
            check(wait, deadline, Duration::MAX)?;
            if !pause.is_zero() || wait > REPORT_INTERVAL {
                bulk.report_wait(wait);
            }
            until_stopped(bulk, sleep(wait.min(REPORT_INTERVAL))).await?;
        }
    }
}

fn check(wait: Duration, deadline: Deadline, max_wait: Duration) -> Result<(), Error> {
    if wait > max_wait {
        let limit = readable(max_wait);
        let reason = format!("the API asked to wait for longer than the limit of {limit}");
        return Err(interrupted(ErrorKind::RateLimited, reason, Some(wait)));
    }
    match deadline.left() {
        Some(left) if !wait.is_zero() && wait >= left => Err(after_deadline(wait)),
        _ => Ok(()),
    }
}

fn after_deadline(wait: Duration) -> Error {
    let reason = "the API asked to wait until after the deadline of the call";
    interrupted(ErrorKind::Deadline, reason, Some(wait))
}

/// Creates the error of a request that is not sent. The caller sets the operation.
fn interrupted(kind: ErrorKind, reason: impl Into<String>, wait: Option<Duration>) -> Error {
    Error::new(kind, Action::Configure, reason).with(|it| {
        it.retry_after = wait;
        it.is_final = true;
    })
}

async fn until_stopped<T>(bulk: &BulkProgress, work: impl Future<Output = T>) -> Result<T, Error> {
    match select(pin!(work), pin!(bulk.stopped())).await {
        Either::Left((done, _)) => Ok(done),
        Either::Right(_) => {
            let reason = "the call was stopped while it waited for the API's rate limit";
            Err(interrupted(ErrorKind::Cancelled, reason, None))
        }
    }
}

/// Returns the wait until the next request, if the headers of a response report that the limit is used up.
pub(super) fn next_request(limit: RateLimit) -> Option<Duration> {
    Duration::try_from_secs_f64(1.0 / allowed_rate(limit)?).ok()
}

/// Returns the requests per second that the headers of a response allow once the limit is used up.
///
/// The API defines `reset` as the time until all requests are available again. Requests become available one by one.
fn allowed_rate(limit: RateLimit) -> Option<f64> {
    let reset = limit.reset.filter(|reset| !reset.is_zero())?;
    let is_exhausted = limit.remaining == Some(0);
    is_exhausted.then(|| limit.limit.unwrap_or(1).max(1) as f64 / reset.as_secs_f64())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
