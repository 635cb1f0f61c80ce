//! Created by this call, or there before: the one place that decides.
//!
//! The API's answer to a create does not say. Where what exists was read first, everything else is new. Without that
//! there are two witnesses: the ids that this client has been given before, and the API's own clock.

use std::collections::{HashSet, VecDeque};
use std::hash::{BuildHasher as _, BuildHasherDefault, Hasher, RandomState};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, UNIX_EPOCH};

use http::HeaderValue;
use http::header::DATE;

use crate::metadata::Metadata;
use crate::{Permission, PermissionId};

/// How many permissions are remembered.
const REMEMBERED: usize = 1 << 12;

/// Where a permission comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    ThisCall,
    Before,
    /// Nobody has met it before: the clock decides, as it was at the answer of this number.
    Unmet(usize),
}

/// Tells of each permission that a call meets where it comes from.
#[derive(Debug)]
pub(super) struct Judge<'a> {
    seen: &'a Seen,
    /// Not later than the moment in which the first attempt was sent.
    started: Instant,
    known: Option<Origin>,
    clocks: Clocks,
}

impl<'a> Judge<'a> {
    pub(super) fn new(seen: &'a Seen) -> Self {
        Self {
            seen,
            started: Instant::now(),
            known: None,
            clocks: Clocks::default(),
        }
    }

    /// From here on there is nothing to decide: while what exists is read, and after it has been.
    pub(super) fn knows(&mut self, origin: Origin) {
        self.known = Some(origin);
    }

    /// Notes when an answer was given; those to come are its permissions.
    pub(super) fn answered(&mut self, answer: &Metadata) {
        if self.known.is_none() {
            let received = answer.received.unwrap_or_else(Instant::now);
            self.clocks.0.push(Clock {
                date: answer.headers.get(DATE).cloned(),
                elapsed: received.saturating_duration_since(self.started),
            });
        }
    }

    /// Decides on a permission of an answer, as far as that can be done without a clock, and remembers it.
    pub(super) fn origin(&self, permission: &Permission) -> Origin {
        let is_new = self.seen.remember(&permission.id);
        self.known.unwrap_or(match is_new {
            true => Origin::Unmet(self.clocks.0.len()),
            false => Origin::Before,
        })
    }

    pub(super) fn into_clocks(self) -> Clocks {
        self.clocks
    }
}

/// The API's own clock at each answer of a call. Most callers do not ask what is new, so it is read when one does.
#[derive(Clone, Debug, Default)]
pub(super) struct Clocks(Vec<Clock>);

#[derive(Clone, Debug, Default)]
struct Clock {
    date: Option<HeaderValue>,
    /// From the start of the call to the answer.
    elapsed: Duration,
}

impl Clocks {
    /// Tells of permissions, by where they come from, whether they are the call's own.
    pub(super) fn read(&self) -> impl Fn(&Permission, Origin) -> bool + use<> {
        let starts: Vec<Option<i64>> = self.0.iter().map(Clock::start).collect();
        move |permission, origin| match origin {
            Origin::ThisCall => true,
            Origin::Before => false,
            // Counted from 1: the answer is noted before its permissions are met.
            Origin::Unmet(answer) => {
                let start = starts.get(answer.wrapping_sub(1)).copied().flatten();
                start.is_none_or(|start| permission.created_at >= start)
            }
        }
    }
}

impl Clock {
    /// The second, since 1970, in which the call started; none where the answer has no date.
    ///
    /// Dates are whole seconds, rounded down, and so is the start: what was created in the very second is taken for new.
    fn start(&self) -> Option<i64> {
        let answered = httpdate::parse_http_date(self.date.as_ref()?.to_str().ok()?).ok()?;
        let started = answered
            .duration_since(UNIX_EPOCH)
            .ok()?
            .saturating_sub(self.elapsed);
        i64::try_from(started.as_secs()).ok()
    }
}

/// The permissions that creates of a client and its clones have met, by fingerprint; the last few thousand of them.
#[derive(Debug, Default)]
pub(crate) struct Seen(Mutex<Fingerprints>);

#[derive(Debug, Default)]
struct Fingerprints {
    hasher: RandomState,
    known: HashSet<u64, BuildHasherDefault<AsItIs>>,
    oldest_first: VecDeque<u64>,
}

/// A fingerprint is a hash already.
#[derive(Debug, Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(byte);
        }
    }

    fn write_u64(&mut self, fingerprint: u64) {
        self.0 = fingerprint;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

impl Seen {
    /// Remembers a permission; false where it was known.
    pub(super) fn remember(&self, id: &PermissionId) -> bool {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let fingerprint = seen.hasher.hash_one(id.as_str());
        if !seen.known.insert(fingerprint) {
            return false;
        }
        seen.oldest_first.push_back(fingerprint);
        if seen.oldest_first.len() > REMEMBERED
            && let Some(oldest) = seen.oldest_first.pop_front()
        {
            seen.known.remove(&oldest);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn permission(id: usize, created_at: i64) -> Permission {
        let json = serde_json::json!({
            "object": "checkpoint.permission", "id": format!("cp_{id}"), "created_at": created_at, "project_id": "proj_1",
        });
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn the_second_in_which_the_call_started_counts_as_the_calls_own() {
        let clock = |date, milliseconds| Clock {
            date: Some(HeaderValue::from_static(date)),
            elapsed: Duration::from_millis(milliseconds),
        };
        let answered = 784_111_777;
        for (elapsed, expected) in [(0, 0), (1, -1), (999, -1), (1_000, -1), (2_500, -3)] {
            let start = clock("Sun, 06 Nov 1994 08:49:37 GMT", elapsed).start();
            assert_eq!(start, Some(answered + expected), "{elapsed} ms");
        }
        assert_eq!(clock("yesterday", 0).start(), None);
        assert_eq!(Clock::default().start(), None);
    }

    #[test]
    fn older_than_the_call_is_there_before_and_without_a_date_nothing_is_older() {
        let dated = |date| Clock {
            date: Some(HeaderValue::from_static(date)),
            ..Clock::default()
        };
        let clocks = Clocks(vec![
            dated("Sun, 06 Nov 1994 08:49:37 GMT"),
            Clock::default(),
        ]);
        let is_own = clocks.read();
        assert!(!is_own(&permission(1, 784_111_776), Origin::Unmet(1)));
        assert!(is_own(&permission(1, 784_111_777), Origin::Unmet(1)));
        assert!(
            is_own(&permission(1, 0), Origin::Unmet(2)),
            "each answer has its own clock"
        );
    }

    #[test]
    fn a_permission_met_earlier_is_there_before_whatever_the_clock_says() {
        let seen = Seen::default();
        let mut judge = Judge::new(&seen);
        judge.answered(&Metadata::default());
        assert_eq!(judge.origin(&permission(1, 1_000)), Origin::Unmet(1));
        assert_eq!(judge.origin(&permission(1, 1_000)), Origin::Before);
        assert!(!judge.into_clocks().read()(
            &permission(1, 1_000),
            Origin::Before
        ));
    }

    #[test]
    fn what_was_read_first_is_known_whatever_the_witnesses_say() {
        let seen = Seen::default();
        let mut judge = Judge::new(&seen);
        for origin in [Origin::Before, Origin::ThisCall] {
            judge.knows(origin);
            judge.answered(&Metadata::default());
            assert_eq!(judge.origin(&permission(1, 999)), origin);
            assert_eq!(judge.origin(&permission(2, 1_000)), origin);
        }
        assert!(judge.into_clocks().read()(
            &permission(1, 999),
            Origin::ThisCall
        ));
    }

    #[test]
    fn memory_has_an_end() {
        let seen = Seen::default();
        let ids: Vec<PermissionId> = (0..=REMEMBERED)
            .map(|n| format!("cp_{n}").parse().unwrap())
            .collect();
        assert!(ids.iter().all(|id| seen.remember(id)));
        assert!(!seen.remember(&ids[REMEMBERED]));
        assert!(seen.remember(&ids[0]), "the oldest is forgotten");
        let kept = seen.0.lock().unwrap();
        assert_eq!(
            (kept.known.len(), kept.oldest_first.len()),
            (REMEMBERED, REMEMBERED)
        );
    }
}
