//! The rules by which a client waits for the API's rate limit, without I/O and without a clock.
//!
//! A refused request pauses all requests. After the pause, bulk calls send at the rate of a [`Pace`].

use std::time::Duration;

use tokio::time::Instant;

use super::pace::{Achieved, Pace, Sent};

/// Longest pause. The clock cannot represent much longer pauses.
const MAX_PAUSE: Duration = Duration::from_secs(365 * 86_400);
/// Time without bulk requests after which the rate is forgotten.
const IDLE: Duration = Duration::from_secs(60);

#[derive(Debug, Default)]
pub(super) struct Pacer {
    /// Time before which no request is sent.
    paused_until: Option<Instant>,
    pace: Option<Pace>,
    /// Number of refusals that changed the rate.
    epoch: u64,
}

/// A permit to send one request.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Permit {
    epoch: u64,
    /// `None` if the request was not paced. Also `None` for the first request after a pause, because the API accepts
    /// that request at any rate.
    sent: Option<Sent>,
}

impl Pacer {
    /// Returns how long all requests have to wait.
    pub(super) fn pause(&self, now: Instant) -> Duration {
        let until = self.paused_until.unwrap_or(now);
        until.saturating_duration_since(now)
    }

    /// Returns how long a bulk request has to wait.
    pub(super) fn bulk_wait(&self, now: Instant) -> Duration {
        let next = self.pace.as_ref().map_or(now, Pace::next);
        self.pause(now).max(next.saturating_duration_since(now))
    }

    /// Returns true if requests are not paused and bulk requests are not paced. Forgets the rate after an idle time.
    pub(super) fn is_idle(&mut self, now: Instant) -> bool {
        if self
            .pace
            .as_ref()
            .is_some_and(|pace| now > pace.next() + IDLE)
        {
            self.pace = None;
        }
        self.pace.is_none() && self.pause(now).is_zero()
    }

    /// Records a bulk request that is sent now and returns its permit.
    pub(super) fn take(&mut self, now: Instant) -> Permit {
        let epoch = self.epoch;
        let sent = self.pace.as_mut().and_then(|pace| pace.send(now));
        Permit { epoch, sent }
    }

    /// Updates the rate after an accepted request.
    pub(super) fn accept(&mut self, permit: Permit, now: Instant) {
        let sent = permit.sent.filter(|_| permit.epoch == self.epoch);
        if let Some(pace) = &mut self.pace {
            pace.accept(sent, now);
        }
    }

    /// Updates the pause and the rate after a response that asks to wait. `rate` is the rate from the headers of the
    /// response.
    pub(super) fn refuse(
        &mut self,
        permit: Permit,
        now: Instant,
        wait: Duration,
        rate: Option<f64>,
        achieved: Achieved,
    ) {
        let until = self.pause_for(now, wait);
        let pace = match &self.pace {
            // The request was sent before the last refusal, which has already changed the rate.
            Some(_) if permit.epoch != self.epoch => return,
            Some(pace) => pace.decreased(permit.sent, now, until, wait),
            None => match rate {
                Some(rate) => Pace::known(now, until, wait, rate),
                None => Pace::unknown(now, until, wait, achieved),
            },
        };
        self.start(pace);
    }

    /// Pauses requests after a successful response whose headers report that the rate limit is used up. `rate` is the
    /// rate from these headers. Unless bulk requests already have a rate, they start at 90 % of this rate.
    pub(super) fn exhaust(&mut self, now: Instant, rate: f64, max_wait: Duration) {
        let interval = Duration::try_from_secs_f64(1.0 / rate).unwrap_or(max_wait);
        let until = self.pause_for(now, interval.min(max_wait));
        if self.pace.is_none() {
            self.start(Pace::known(now, until, interval, rate));
        }
    }

    fn pause_for(&mut self, now: Instant, wait: Duration) -> Instant {
        let until = now + wait.min(MAX_PAUSE);
        let until = self.paused_until.map_or(until, |other| other.max(until));
        self.paused_until = Some(until);
        until
    }

    fn start(&mut self, pace: Pace) {
        self.epoch += 1;
        self.pace = Some(pace);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;
    use crate::transport::pace::INITIAL_REQUESTS;

    /// A server that allows `rate` requests per second with a burst, and asks to wait for whole seconds.
    struct Bucket {
        rate: f64,
        burst: f64,
        tokens: f64,
        filled_at: f64,
    }

    impl Bucket {
        fn new(rate: f64, burst: f64) -> Self {
            Self {
                rate,
                burst,
                tokens: burst,
                filled_at: 0.0,
            }
        }

        /// Returns the wait of a refused request in seconds.
        fn request(&mut self, now: f64) -> Option<f64> {
            let refill = (now - self.filled_at) * self.rate;
            self.tokens = (self.tokens + refill).min(self.burst);
            self.filled_at = now;
            if self.tokens >= 1.0 - 1e-9 {
                self.tokens -= 1.0;
                return None;
            }
            Some(((1.0 - self.tokens) / self.rate).ceil().max(1.0))
        }
    }

    struct Outcome {
        seconds: f64,
        refused: f64,
    }

    /// Sends requests on a virtual clock: `concurrency` at a time, each with the same latency.
    fn simulate(server: &mut Bucket, requests: usize, concurrency: usize, latency: f64) -> Outcome {
        let start = Instant::now();
        let at = |seconds: f64| start + Duration::from_secs_f64(seconds);
        let mut pacer = Pacer::default();
        let mut in_flight: VecDeque<(f64, Permit, Option<f64>)> = VecDeque::new();
        let (mut now, mut accepted, mut refused) = (0.0, 0, 0);
        while accepted < requests {
            let can_send = in_flight.len() < concurrency.min(requests - accepted);
            let wait = pacer.bulk_wait(at(now)).as_secs_f64();
            // Timers have a resolution of one millisecond.
            let send_at = if wait > 0.0 {
                now + (wait * 1e3).ceil() / 1e3
            } else {
                now
            };
            let next_response = in_flight.front().map_or(f64::INFINITY, |it| it.0);
            if can_send && send_at <= next_response {
                now = send_at;
                let permit = pacer.take(at(now));
                let response = server.request(now + latency / 2.0);
                in_flight.push_back((now + latency, permit, response));
                continue;
            }
            let (received_at, permit, response) = in_flight.pop_front().unwrap();
            now = now.max(received_at);
            match response {
                None => {
                    accepted += 1;
                    pacer.accept(permit, at(now));
                }
                Some(wait) => {
                    refused += 1;
                    let achieved = Achieved {
                        steps: accepted,
                        elapsed: Duration::from_secs_f64(now),
                    };
                    pacer.refuse(
                        permit,
                        at(now),
                        Duration::from_secs_f64(wait),
                        None,
                        achieved,
                    );
                }
            }
        }
        Outcome {
            seconds: now,
            refused: f64::from(refused) / (accepted + usize::try_from(refused).unwrap()) as f64,
        }
    }

    #[test]
    fn bulk_rate_reaches_limit_with_few_refusals() {
        for rate in [2.0, 5.0, 20.0] {
            for burst in [1.0, rate, 3.0 * rate] {
                for latency in [0.001, 0.02] {
                    for concurrency in [8, 16] {
                        let mut server = Bucket::new(rate, burst);
                        let outcome = simulate(&mut server, 300, concurrency, latency);
                        let ratio = outcome.seconds / (300.0 / rate);
                        let case = format!("{rate} per second, burst {burst}, {latency} s");
                        assert!(ratio <= 1.25, "{case}: {ratio:.3}");
                        assert!(outcome.refused < 0.15, "{case}: {:.3}", outcome.refused);
                    }
                }
            }
        }
    }

    #[test]
    fn rate_rises_after_limit_is_raised() {
        let mut server = Bucket::new(5.0, 1.0);
        let slow = simulate(&mut server, 300, 16, 0.01);
        assert!(slow.seconds > 60.0);

        let start = Instant::now();
        let mut pacer = Pacer::default();
        let second = Duration::from_secs(1);
        pacer.refuse(
            Permit::default(),
            start,
            second,
            Some(5.0),
            Achieved::default(),
        );
        let mut now = start + second;
        let mut sent = 0;
        while now < start + 120 * second {
            now += pacer.bulk_wait(now);
            let permit = pacer.take(now);
            pacer.accept(permit, now);
            sent += 1;
        }
        assert!(sent > 2_000, "{sent}");
    }

    #[test]
    fn late_refusals_of_one_burst_lower_the_rate_once() {
        let start = Instant::now();
        let mut pacer = Pacer::default();
        let permits: Vec<Permit> = (0..16).map(|_| pacer.take(start)).collect();
        for permit in permits {
            pacer.refuse(
                permit,
                start,
                Duration::from_secs(1),
                None,
                Achieved::default(),
            );
        }
        assert_eq!(pacer.pace.as_ref().unwrap().rate(), INITIAL_REQUESTS);
        assert_eq!(pacer.bulk_wait(start), Duration::from_secs(1));
    }

    #[test]
    fn longest_pause_is_kept_and_unused_rate_expires() {
        let start = Instant::now();
        let mut pacer = Pacer::default();
        for seconds in [3, 1] {
            let wait = Duration::from_secs(seconds);
            pacer.refuse(Permit::default(), start, wait, None, Achieved::default());
        }
        assert_eq!(pacer.pause(start), Duration::from_secs(3));
        assert!(!pacer.is_idle(start + Duration::from_secs(4)));
        assert!(pacer.is_idle(start + Duration::from_secs(64)));
    }

    #[test]
    fn requests_are_paced_after_rate_limit_is_exhausted() {
        let start = Instant::now();
        let mut pacer = Pacer::default();
        pacer.exhaust(start, 2.0, Duration::from_secs(60));
        assert_eq!(pacer.pause(start), Duration::from_millis(500));
        let now = start + Duration::from_millis(500);
        pacer.take(now);
        assert!(pacer.bulk_wait(now) > Duration::from_millis(500));
        pacer.exhaust(start, f64::MIN_POSITIVE, Duration::from_secs(60));
        assert_eq!(pacer.pause(start), Duration::from_secs(60));
    }
}
