//! Created by this call, or there before: the one place that decides.
//!
//! The API's answer to a create does not say. Where what exists was read first, everything else is new. Without that
//! there are two witnesses: the ids that this client has been given before, and the API's own clock.

use std::collections::{HashSet, VecDeque};
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, UNIX_EPOCH};

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
}

/// Tells of each permission that a call meets where it comes from.
#[derive(Debug)]
pub(super) struct Judge<'a> {
    seen: &'a Seen,
    /// Not later than the moment in which the first attempt was sent.
    started: Instant,
    known: Option<Origin>,
}

impl<'a> Judge<'a> {
    pub(super) fn new(seen: &'a Seen) -> Self {
        Self {
            seen,
            started: Instant::now(),
            known: None,
        }
    }

    /// From here on there is nothing to decide: while what exists is read, and after it has been.
    pub(super) fn knows(&mut self, origin: Origin) {
        self.known = Some(origin);
    }

    /// The second, since 1970 by the clock of the API, in which the call started; none where the answer has no date.
    pub(super) fn start(&self, answer: &Metadata) -> Option<i64> {
        if self.known.is_some() {
            return None;
        }
        start(answer.header(DATE.as_str())?, self.started.elapsed())
    }

    /// Decides on a permission of an answer, and remembers it.
    pub(super) fn origin(&self, permission: &Permission, start: Option<i64>) -> Origin {
        let is_new = self.seen.remember(&permission.id);
        self.known.unwrap_or({
            if is_new && start.is_none_or(|start| permission.created_at >= start) {
                Origin::ThisCall
            } else {
                Origin::Before
            }
        })
    }
}

/// Dates are whole seconds, rounded down, and so is the start: what was created in the very second is taken for new.
fn start(date: &str, elapsed: Duration) -> Option<i64> {
    let answered = httpdate::parse_http_date(date).ok()?;
    let started = answered
        .duration_since(UNIX_EPOCH)
        .ok()?
        .saturating_sub(elapsed);
    i64::try_from(started.as_secs()).ok()
}

/// The permissions that creates of a client and its clones have met, by fingerprint; the last few thousand of them.
#[derive(Debug, Default)]
pub(crate) struct Seen(Mutex<Fingerprints>);

#[derive(Debug, Default)]
struct Fingerprints {
    hasher: RandomState,
    known: HashSet<u64>,
    oldest_first: VecDeque<u64>,
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
        let date = "Sun, 06 Nov 1994 08:49:37 GMT";
        let answered = 784_111_777;
        for (elapsed, expected) in [(0, 0), (1, -1), (999, -1), (1_000, -1), (2_500, -3)] {
            assert_eq!(
                start(date, Duration::from_millis(elapsed)),
                Some(answered + expected),
                "{elapsed} ms"
            );
        }
        assert_eq!(start("yesterday", Duration::ZERO), None);
    }

    #[test]
    fn older_than_the_call_is_there_before_and_without_a_date_nothing_is_older() {
        let seen = Seen::default();
        let judge = Judge::new(&seen);
        assert_eq!(
            judge.origin(&permission(1, 999), Some(1_000)),
            Origin::Before
        );
        assert_eq!(
            judge.origin(&permission(2, 1_000), Some(1_000)),
            Origin::ThisCall
        );
        assert_eq!(judge.origin(&permission(3, 0), None), Origin::ThisCall);
    }

    #[test]
    fn a_permission_met_earlier_is_there_before_whatever_the_clock_says() {
        let seen = Seen::default();
        let judge = Judge::new(&seen);
        assert_eq!(
            judge.origin(&permission(1, 1_000), Some(1_000)),
            Origin::ThisCall
        );
        assert_eq!(
            judge.origin(&permission(1, 1_000), Some(1_000)),
            Origin::Before
        );
    }

    #[test]
    fn what_was_read_first_is_known_whatever_the_witnesses_say() {
        let seen = Seen::default();
        let mut judge = Judge::new(&seen);
        for origin in [Origin::Before, Origin::ThisCall] {
            judge.knows(origin);
            assert_eq!(judge.origin(&permission(1, 999), Some(1_000)), origin);
            assert_eq!(judge.origin(&permission(2, 1_000), Some(1_000)), origin);
        }
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
