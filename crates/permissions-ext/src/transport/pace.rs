//! The rate of bulk requests, which the client learns from the responses:
//!
//! 1. Search: the rate starts with 16 requests per unit of time. The unit of time is the length of the last pause that
//!    the API asked for. Each accepted request raises the rate by 2.5 %.
//! 2. The first refusal ends the search. The rate becomes 10 % less than the refused rate.
//! 3. Then the rate grows slowly, at first by 0.05 % per unit of time. The growth doubles every ten units.
//! 4. Each further refusal lowers the rate by 4 %. If the previous refusal was less than five units ago, the decrease
//!    is twice the previous decrease.
//!
//! A simulation of token buckets and fixed windows (see the tests of the pacer) chose these numbers.

use std::time::Duration;

use tokio::time::Instant;

/// Minimum length of the pause in the calculation of a rate. A shorter pause counts as this length. Otherwise, a server
/// that asks to wait for one millisecond would cause a very high rate.
const MIN_PAUSE: Duration = Duration::from_millis(100);
/// Rate at which the search starts, in requests per unit of time. At a start of 1, it would take minutes to reach 20
/// requests per second.
pub(super) const INITIAL_REQUESTS: f64 = 16.0;
/// Lowest rate, in requests per unit of time. Without this limit, a server that refuses every request could stop a call
/// for hours.
const MIN_REQUESTS: f64 = 1.0 / 16.0;
const SEARCH_GROWTH: f64 = 1.025;
const SEARCH_MARGIN: f64 = 0.9;
const DECREASE: f64 = 0.04;
const MAX_DECREASE: f64 = 0.5;
/// Increase of the rate within one unit of time, once the search has ended.
const GROWTH: f64 = 0.0005;
/// Number of time units after which the rate grows twice as fast.
const GROWTH_DOUBLES: f64 = 10.0;
/// Minimum number of time units between two refusals. If there are fewer, the rate is far too high.
const EARLY: f64 = 5.0;
/// Lower bound of the rate after a refusal, as a share of the average rate of accepted requests. The average includes
/// the time of the pauses, so the API allows at least that rate.
const FLOOR: f64 = 0.97;
/// Highest rate in requests per second.
const MAX_RATE: f64 = 1e6;
/// Shortest interval between two requests, as a share of the planned interval.
const MIN_SPACING: f64 = 0.98;
/// Resolution of timers.
const TICK: Duration = Duration::from_millis(1);

/// The rate of bulk requests, which changes with every response.
#[derive(Debug)]
pub(super) struct Pace {
    /// Requests per second.
    rate: f64,
    /// Time before which no bulk request is sent.
    next: Instant,
    phase: Phase,
    /// Length of the last pause in seconds. It is the unit of time of the constants above.
    pause: f64,
    /// Time of the last refusal that changed the rate.
    refused_at: Instant,
    /// Time of the last increase of the rate.
    grown_at: Instant,
    /// Number of requests that were accepted since the last refusal.
    accepted: f64,
    /// Time of the last request since the pause.
    sent_at: Option<Instant>,
}

#[derive(Debug)]
enum Phase {
    /// The rate limit of the API is not known yet. The value is the highest accepted rate.
    Search(f64),
    /// The rate stays close to the rate that the search has found. The value is the last decrease, as a share of the
    /// rate.
    Hold(f64),
}

/// The rates at which a request was sent, in requests per second.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sent {
    planned: f64,
    /// Rate that results from the time since the previous request. A late timer lowers this rate.
    actual: f64,
}

/// Accepted requests of a bulk call before its first refusal. They determine the first rate.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Achieved {
    pub(super) steps: usize,
    pub(super) elapsed: Duration,
}

impl Pace {
    fn new(now: Instant, next: Instant, pause: Duration, rate: f64, phase: Phase) -> Self {
        let pause = pause.max(MIN_PAUSE).as_secs_f64();
        Self {
            rate: rate.clamp(MIN_REQUESTS / pause, MAX_RATE),
            next,
            phase,
            pause,
            refused_at: now,
            grown_at: next,
            accepted: 0.0,
            sent_at: None,
        }
    }

    /// Creates the pace for a rate that the headers of a response report.
    pub(super) fn known(now: Instant, next: Instant, pause: Duration, rate: f64) -> Self {
        Self::new(
            now,
            next,
            pause,
            rate * SEARCH_MARGIN,
            Phase::Hold(DECREASE),
        )
    }

    /// Creates the pace that starts the search for the rate.
    pub(super) fn unknown(
        now: Instant,
        next: Instant,
        pause: Duration,
        achieved: Achieved,
    ) -> Self {
        let seconds = pause.max(MIN_PAUSE).as_secs_f64();
        let average = achieved.steps as f64 / (achieved.elapsed.as_secs_f64() + seconds);
        let rate = (INITIAL_REQUESTS / seconds).max(average);
        Self::new(now, next, pause, rate, Phase::Search(0.0))
    }

    /// Returns the time before which no bulk request is sent.
    pub(super) fn next(&self) -> Instant {
        self.next
    }

    /// Returns the rate in requests per second.
    #[cfg(test)]
    pub(super) fn rate(&self) -> f64 {
        self.rate
    }

    /// Updates the rate after an accepted request. `sent` is `None` if the rate has changed since the request was sent.
    pub(super) fn accept(&mut self, sent: Option<Sent>, now: Instant) {
        self.accepted += 1.0;
        match (&mut self.phase, sent) {
            (Phase::Search(highest), Some(sent)) => {
                *highest = highest.max(sent.actual);
                self.rate = self.rate.max((sent.planned * SEARCH_GROWTH).min(MAX_RATE));
            }
            (Phase::Search(_), None) => {}
            (Phase::Hold(_), _) => self.grow(now),
        }
    }

    /// Records a request that is sent now. Returns the planned rate, and the actual rate since the previous request.
    /// Returns `None` for the first request after a pause.
    pub(super) fn send(&mut self, now: Instant) -> Option<Sent> {
        let planned = self.rate;
        let interval = Duration::from_secs_f64(1.0 / planned);
        // After a late timer, the next requests are sent slightly closer together, until the planned rate is reached.
        self.next = match self.phase {
            _ if interval < 5 * TICK => self.next.max(earlier(now, 2 * TICK)) + interval,
            Phase::Search(_) => now + interval,
            Phase::Hold(_) => {
                let planned_next = self.next.max(earlier(now, 2 * interval)) + interval;
                planned_next.max(now + interval.mul_f64(MIN_SPACING))
            }
        };
        let last = self.sent_at.replace(now)?;
        let elapsed = now.saturating_duration_since(last).max(TICK / 1000);
        let actual = 1.0 / elapsed.as_secs_f64();
        Some(Sent { planned, actual })
    }

    fn grow(&mut self, now: Instant) {
        let elapsed = now.saturating_duration_since(self.grown_at).as_secs_f64();
        let since = now.saturating_duration_since(self.refused_at).as_secs_f64();
        let acceleration = (since / self.pause / GROWTH_DOUBLES).min(64.0).exp2();
        let growth = GROWTH * acceleration * elapsed / self.pause;
        self.rate = (self.rate * (1.0 + growth.min(SEARCH_GROWTH - 1.0))).min(MAX_RATE);
        self.grown_at = self.grown_at.max(now);
    }

    /// Returns the pace after a refused request. No request may be sent before `next`.
    pub(super) fn decreased(
        &self,
        sent: Option<Sent>,
        now: Instant,
        next: Instant,
        pause: Duration,
    ) -> Self {
        let refused = sent.map_or(self.rate, |sent| sent.planned);
        let elapsed = now.saturating_duration_since(self.refused_at).as_secs_f64();
        let floor = (FLOOR * self.accepted / elapsed).min(refused * (1.0 - DECREASE));
        let (rate, phase) = match self.phase {
            Phase::Search(highest) if highest > 0.0 => {
                // The limit is between the highest accepted rate and the refused rate.
                let limit = sent.map_or(highest, |sent| sent.actual).max(highest);
                let rate = (limit * SEARCH_MARGIN).min(highest);
                (rate, Phase::Hold(DECREASE / 2.0))
            }
            Phase::Search(_) => (floor.max(refused / 2.0), Phase::Search(0.0)),
            Phase::Hold(last) => {
                let is_early = elapsed < EARLY * self.pause;
                let decrease = if is_early {
                    (2.0 * last).min(MAX_DECREASE)
                } else {
                    DECREASE
                };
                (floor.max(refused * (1.0 - decrease)), Phase::Hold(decrease))
            }
        };
        Self::new(now, next, pause, rate, phase)
    }
}

fn earlier(now: Instant, duration: Duration) -> Instant {
    now.checked_sub(duration).unwrap_or(now)
}
