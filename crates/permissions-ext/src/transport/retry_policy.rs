use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::time::Duration;

/// When and how soon a failed request is sent again.
///
/// By default twice, after 0.5 s and 1 s less up to a quarter at random, for status 408, 409, 429 and 5xx, and where
/// no connection could be made or it broke. A wait that the API asks for is obeyed to the letter; where it is longer
/// than [`max_retry_after`](Self::max_retry_after) the call fails at once, and the error says how long the wait is.
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
    max_retry_after: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self::new()
    }
}

impl RetryPolicy {
    /// The default: 2 retries.
    pub const fn new() -> Self {
        Self {
            max_retries: 2,
            initial_delay: Duration::from_millis(500),
            factor: 2.0,
            max_delay: Duration::from_secs(8),
            jitter: 0.25,
            max_retry_after: Duration::from_secs(60),
        }
    }

    /// Never sends a request twice.
    pub const fn none() -> Self {
        let mut policy = Self::new();
        policy.max_retries = 0;
        policy
    }

    /// How many attempts may follow the first; 2 by default. Each page of a list has this budget of its own.
    pub const fn max_retries(mut self, retries: u32) -> Self {
        self.max_retries = retries;
        self
    }

    /// The delay before the first retry; 0.5 s by default.
    pub const fn initial_delay(mut self, delay: Duration) -> Self {
        self.initial_delay = delay;
        self
    }

    /// By how much the delay grows from one retry to the next; 2 by default, and at least 1.
    pub const fn factor(mut self, factor: f64) -> Self {
        self.factor = if factor >= 1.0 { factor } else { 1.0 };
        self
    }

    /// The longest delay that growth leads to; 8 s by default.
    pub const fn max_delay(mut self, delay: Duration) -> Self {
        self.max_delay = delay;
        self
    }

    /// The share of a delay that chance may take off, between 0 and 1; 0.25 by default.
    pub const fn jitter(mut self, share: f64) -> Self {
        self.jitter = if share >= 0.0 && share <= 1.0 {
            share
        } else {
            0.25
        };
        self
    }

    /// The longest wait that the API may ask for; 60 s by default. Beyond it, a call fails at once.
    pub const fn max_retry_after(mut self, wait: Duration) -> Self {
        self.max_retry_after = wait;
        self
    }

    pub(crate) fn allows(&self, failures: u32) -> bool {
        failures <= self.max_retries
    }

    pub(crate) fn accepts(&self, wait: Duration) -> bool {
        wait <= self.max_retry_after
    }

    /// The delay after so many failures, counted from 1.
    pub(crate) fn delay(&self, failures: u32) -> Duration {
        self.delay_with(failures, chance())
    }

    /// `chance` is between 0 and 1.
    fn delay_with(&self, failures: u32, chance: f64) -> Duration {
        let growth = self.factor.powf(f64::from(failures.saturating_sub(1)));
        let seconds = (self.initial_delay.as_secs_f64() * growth).min(self.max_delay.as_secs_f64());
        Duration::try_from_secs_f64(seconds * (1.0 - self.jitter * chance))
            .unwrap_or(self.max_delay)
    }
}

/// A number between 0 and 1. Nothing depends on it but that clients do not march in step, so the seeds that the
/// standard library gives its hash tables are good enough.
fn chance() -> f64 {
    let bits = RandomState::new().build_hasher().finish() >> 11;
    #[expect(clippy::cast_precision_loss, reason = "the number has 53 bits")]
    let share = bits as f64 / (1_u64 << 53) as f64;
    share
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    // Row 20: growth, cap, and no overflow after a thousand failures.
    #[test]
    fn delays_double_up_to_the_cap() {
        let policy = RetryPolicy::new();
        let delays: Vec<f64> = (1..=7)
            .map(|n| policy.delay_with(n, 0.0).as_secs_f64())
            .collect();
        assert_eq!(delays, [0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0]);
        assert_eq!(policy.delay_with(1_100, 0.0), Duration::from_secs(8));
        assert_eq!(policy.delay_with(u32::MAX, 0.0), Duration::from_secs(8));
    }

    #[test]
    fn none_allows_no_retry() {
        assert!(!RetryPolicy::none().allows(1));
        assert!(RetryPolicy::new().allows(2));
        assert!(!RetryPolicy::new().allows(3));
    }

    proptest! {
        #[test]
        fn a_delay_is_never_longer_than_the_cap_nor_short_by_more_than_the_jitter(
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
            let full = policy.delay_with(failures, 0.0);
            let delay = policy.delay(failures);
            prop_assert!(full <= Duration::from_millis(cap));
            prop_assert!(delay <= full);
            prop_assert!(delay.as_secs_f64() >= full.as_secs_f64() * (1.0 - policy.jitter) - 1e-6);
        }
    }
}
