//! The one place that decides whether there is another page, and where it starts.

use std::collections::HashSet;
use std::hash::{BuildHasher as _, RandomState};

use permissions_api::types::PermissionList;

use crate::PermissionId;

/// How many cursors are remembered one by one. Half a million permissions at the default page size, 1 MiB.
const REMEMBERED: usize = 1 << 16;

/// Where the next page starts; none where this was the last one.
///
/// The number of items decides nothing: a page that deletions or a filter have emptied may well be followed by more.
pub(super) fn next(page: &PermissionList) -> Result<Option<PermissionId>, &'static str> {
    if !page.has_more {
        return Ok(None);
    }
    let cursor = page
        .last_id
        .as_ref()
        .or_else(|| page.data.last().map(|permission| &permission.id));
    cursor
        .cloned()
        .map(Some)
        .ok_or("the answer says that there is more, and gives no cursor to it")
}

/// Notices a cursor that comes back, directly or after others, in constant memory.
///
/// A cursor that returns is noticed at once while few enough are remembered. Beyond that, one further cursor is kept
/// at a time and replaced after 1, 2, 4, … pages: any cycle is met once the distance exceeds its length.
#[derive(Clone, Default)]
pub(super) struct CursorGuard {
    seen: HashSet<u64>,
    hasher: RandomState,
    landmark: Option<PermissionId>,
    since: u64,
    distance: u64,
}

impl CursorGuard {
    /// Remembers a cursor; false where it was there before.
    pub(super) fn is_new(&mut self, cursor: &PermissionId) -> bool {
        // 64 bits, seeded by chance: among the cursors kept, two alike are as likely as one in ten billion lists.
        let fingerprint = self.hasher.hash_one(cursor.as_str());
        if self.seen.contains(&fingerprint) || self.landmark.as_ref() == Some(cursor) {
            return false;
        }
        if self.seen.len() < REMEMBERED {
            self.seen.insert(fingerprint);
            return true;
        }
        self.since += 1;
        if self.since >= self.distance {
            self.landmark = Some(cursor.clone());
            self.since = 0;
            self.distance = (self.distance * 2).max(1);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: usize) -> PermissionId {
        format!("cp_{n}").parse().unwrap()
    }

    fn page(json: &str) -> PermissionList {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn the_servers_cursor_is_taken_before_that_of_the_last_item() {
        let item = r#"{"object":"checkpoint.permission","id":"cp_item","created_at":1,"project_id":"proj_1"}"#;
        let both =
            format!(r#"{{"object":"list","data":[{item}],"last_id":"cp_last","has_more":true}}"#);
        let item_alone =
            format!(r#"{{"object":"list","data":[{item}],"last_id":null,"has_more":true}}"#);
        assert_eq!(next(&page(&both)).unwrap().unwrap().as_str(), "cp_last");
        assert_eq!(
            next(&page(&item_alone)).unwrap().unwrap().as_str(),
            "cp_item"
        );
    }

    #[test]
    fn an_empty_page_is_not_the_end_and_a_missing_cursor_is_an_error() {
        let more = page(r#"{"object":"list","data":[],"last_id":"cp_last","has_more":true}"#);
        let lost = page(r#"{"object":"list","data":[],"has_more":true}"#);
        let last = page(r#"{"object":"list","data":[],"last_id":"cp_last","has_more":false}"#);
        assert!(next(&more).unwrap().is_some());
        assert!(next(&lost).is_err());
        assert!(next(&last).unwrap().is_none());
    }

    #[test]
    fn a_cursor_that_returns_is_noticed_at_once() {
        for cycle in 1..50 {
            let mut guard = CursorGuard::default();
            assert!((0..cycle).all(|n| guard.is_new(&id(n))));
            assert!(!guard.is_new(&id(0)), "a cycle of {cycle}");
        }
    }

    #[test]
    fn a_cycle_beyond_what_is_remembered_is_met_while_memory_stays_as_it_is() {
        for cycle in [1, 2, 3, 1_000] {
            let mut guard = CursorGuard::default();
            assert!((0..REMEMBERED).all(|n| guard.is_new(&id(n))));
            let round = (0..cycle).map(|n| id(REMEMBERED + n)).cycle();
            let pages = round
                .take(8 * cycle + 8)
                .take_while(|cursor| guard.is_new(cursor))
                .count();
            assert!(pages < 8 * cycle + 8, "a cycle of {cycle} went on");
            assert_eq!(guard.seen.len(), REMEMBERED);
        }
    }
}
