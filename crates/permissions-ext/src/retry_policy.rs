use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::time::Duration;

/// How often and how soon failed requests are retried.
///
/// By default, a request is retried twice: about 0.5 s and 1 s after a failure, each shortened by a random share of up
/// to 25 %. Lost connections, timeouts, and the statuses 408, 409, 429 and 5xx are retried.
///
/// If the API asks to wait, the client waits at least that long, and never less than the delay of this policy.
/// [`ClientBuilder::max_wait`](crate::ClientBuilder::max_wait) limits the wait. Plans, applies, audits and creates with
/// several batches wait as often as the API asks. Their `max_retries` only counts other failures.
///
/// ```
/// use std::time::Duration;
/// use permissions_ext::RetryPolicy;
///
/// let patient = RetryPolicy::new().max_retries(8).max_delay(Duration::from_secs(30));
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub struct RetryPolicy {
    max_retries: u32,
    initial_delay: Duration,
    factor: f64,
    max_delay: Duration,
    jitter: f64,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self::new()
    }
}

impl RetryPolicy {
    /// Creates the default policy with 2 retries.
    pub const fn new() -> Self {
        Self {
            max_retries: 2,
            initial_delay: Duration::from_millis(500),
            factor: 2.0,
            max_delay: Duration::from_secs(8),
            jitter: 0.25,
        }
    }

    /// Creates a policy without retries.
    pub const fn none() -> Self {
        let mut policy = Self::new();
        policy.max_retries = 0;
        policy
    }

    /// Sets the number of retries. The default is 2. In a list, each page may be retried this many times.
    pub const fn max_retries(mut self, retries: u32) -> Self {
        self.max_retries = retries;
        self
    }

    /// Sets the delay before the first retry. The default is 0.5 s.
    pub const fn initial_delay(mut self, delay: Duration) -> Self {
        self.initial_delay = delay;
        self
    }

    /// Sets the factor by which the delay grows with each retry, at least 1. The default is 2.
    pub const fn factor(mut self, factor: f64) -> Self {
        self.factor = if factor >= 1.0 { factor } else { 1.0 };
        self
    }

    /// Sets the longest delay. The default is 8 s.
    pub const fn max_delay(mut self, delay: Duration) -> Self {
        self.max_delay = delay;
        self
    }

    /// Sets the largest share of a delay that is subtracted at random, between 0 and 1. The default is 0.25.
    pub const fn jitter(mut self, share: f64) -> Self {
        self.jitter = if share >= 0.0 && share <= 1.0 {
            share
        } else {
            0.25
        };
        self
    }

    /// Returns whether another attempt follows this number of failures.
    pub(crate) fn allows(&self, failures: u32) -> bool {
        failures <= self.max_retries
    }

    /// Returns the delay after this number of failures. The number must be at least 1.
    pub(crate) fn backoff(&self, failures: u32) -> Duration {
        self.backoff_with(failures, random())
    }

    /// Returns the delay after this number of failures, shortened by a random share. `random` is between 0 and 1 and
    /// selects the share.
    fn backoff_with(&self, failures: u32, random: f64) -> Duration {
        let growth = self.factor.powf(f64::from(failures.saturating_sub(1)));
        let seconds = (self.initial_delay.as_secs_f64() * growth).min(self.max_delay.as_secs_f64());
        Duration::try_from_secs_f64(seconds * (1.0 - self.jitter * random))
            .unwrap_or(self.max_delay)
    }
}

/// Returns a random number between 0 and 1. The seeds of the standard library's hash maps are random enough to keep
/// clients from retrying at the same time.
fn random() -> f64 {
    let bits = RandomState::new().build_hasher().finish() >> 11;
    #[expect(clippy::cast_precision_loss, reason = "the number has 53 bits")]
    let share = bits as f64 / (1_u64 << 53) as f64;
    share
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn backoff_doubles_up_to_the_longest_delay() {
        let policy = RetryPolicy::new();
        let delays: Vec<f64> = (1..=7)
            .map(|n| policy.backoff_with(n, 0.0).as_secs_f64())
            .collect();
        assert_eq!(delays, [0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0]);
        assert_eq!(policy.backoff_with(1_100, 0.0), Duration::from_secs(8));
        assert_eq!(policy.backoff_with(u32::MAX, 0.0), Duration::from_secs(8));
    }

    #[test]
    fn retries_stop_at_max_retries() {
        assert!(!RetryPolicy::none().allows(1));
        assert!(RetryPolicy::new().allows(2));
        assert!(!RetryPolicy::new().allows(3));
    }

    proptest! {
        #[test]
        fn backoff_with_jitter_never_exceeds_longest_delay(
            failures in 1_u32..5_000,
            initial in 0_u64..10_000,
            cap in 0_u64..100_000,
            factor in 0.0_f64..1e6,
            jitter in -1.0_f64..2.0,
        ) {
            let policy = RetryPolicy::new()
                .initial_delay(Duration::from_millis(initial))
                .max_delay(Duration::from_millis(cap))
                .factor(factor)
                .jitter(jitter);
            let full = policy.backoff_with(failures, 0.0);
            let delay = policy.backoff(failures);
            prop_assert!(full <= Duration::from_millis(cap));
            prop_assert!(delay <= full);
            prop_assert!(delay.as_secs_f64() >= full.as_secs_f64() * (1.0 - policy.jitter) - 1e-6);
        }
    }
}
