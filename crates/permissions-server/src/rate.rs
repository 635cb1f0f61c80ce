//! Limits the requests of each key per minute.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use crate::keys::Hash;

/// A token bucket for each key. Each request takes one token. The bucket refills at a constant rate.
#[derive(Debug)]
pub(crate) struct RateLimit {
    per_minute: u32,
    /// The time at which the bucket of each key is full again. Only known keys are counted, so the map stays small.
    full_at: Mutex<HashMap<Hash, Instant>>,
}

/// The state of a bucket after a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Allowance {
    pub(crate) limit: u32,
    pub(crate) remaining: u32,
    /// Time until the bucket is full.
    pub(crate) reset: Duration,
    /// If the request was refused, the time until the next request with this key is allowed.
    pub(crate) retry_after: Option<Duration>,
}

impl RateLimit {
    pub(crate) fn new(per_minute: u32) -> Self {
        Self {
            per_minute: per_minute.max(1),
            full_at: Mutex::default(),
        }
    }

    /// Takes a token of `key` at `now`.
    pub(crate) fn take(&self, key: Hash, now: Instant) -> Allowance {
        let token = Duration::from_secs(60) / self.per_minute;
        let capacity = token * self.per_minute;
        let mut buckets = self.full_at.lock();
        let full_at = buckets.entry(key).or_insert(now);
        let after = full_at.saturating_duration_since(now) + token;
        let retry_after = if after > capacity {
            Some(after - capacity)
        } else {
            *full_at = now + after;
            None
        };
        let reset = full_at.saturating_duration_since(now);
        let remaining = capacity.saturating_sub(reset).as_nanos() / token.as_nanos().max(1);
        Allowance {
            limit: self.per_minute,
            remaining: u32::try_from(remaining).unwrap_or(self.per_minute),
            reset,
            retry_after,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_has_its_own_refilling_bucket() {
        let limit = RateLimit::new(60);
        let start = Instant::now();
        for left in (0..60).rev() {
            let allowance = limit.take([1; 32], start);
            assert_eq!((allowance.remaining, allowance.retry_after), (left, None));
        }
        let refused = limit.take([1; 32], start);
        assert_eq!(refused.retry_after, Some(Duration::from_secs(1)));
        assert_eq!(refused.reset, Duration::from_secs(60));

        assert_eq!(limit.take([2; 32], start).retry_after, None);
        let later = start + Duration::from_secs(2);
        assert_eq!(limit.take([1; 32], later).remaining, 1);
    }
}
