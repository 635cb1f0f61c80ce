//! So many requests a minute for each key.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::keys::Hash;

/// A bucket for each key: full at first, a request takes one, time refills it.
#[derive(Debug)]
pub(crate) struct RateLimit {
    per_minute: u32,
    /// When each key's bucket is full again. Only known keys come here, so they are few.
    full_at: Mutex<HashMap<Hash, Instant>>,
}

/// What is left to a key after a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Allowance {
    pub(crate) limit: u32,
    pub(crate) remaining: u32,
    /// Until the bucket is full again.
    pub(crate) reset: Duration,
    /// Until the next request is allowed, if this one was not.
    pub(crate) retry_after: Option<Duration>,
}

impl RateLimit {
    pub(crate) fn new(per_minute: u32) -> Self {
        Self {
            per_minute: per_minute.max(1),
            full_at: Mutex::default(),
        }
    }

    /// Takes one request of `key` at `now`.
    pub(crate) fn take(&self, key: Hash, now: Instant) -> Allowance {
        let minute = Duration::from_secs(60);
        let one = minute / self.per_minute;
        let mut buckets = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        let full_at = buckets.entry(key).or_insert(now);
        let before = full_at.saturating_duration_since(now);
        let after = before + one;
        let capacity = one * self.per_minute;
        let retry_after = if after > capacity {
            Some(after - capacity)
        } else {
            *full_at = now + after;
            None
        };
        let reset = full_at.saturating_duration_since(now);
        let remaining = (capacity.saturating_sub(reset)).as_nanos() / one.as_nanos().max(1);
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
    fn a_bucket_empties_and_refills_for_each_key_by_itself() {
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
