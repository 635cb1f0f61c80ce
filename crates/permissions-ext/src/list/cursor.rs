//! The only place that decides whether there is another page.

use std::collections::HashSet;
use std::hash::{BuildHasher as _, RandomState};

use permissions_api::types::PermissionList;

use crate::model::PermissionId;

/// Number of cursors that are remembered: six million permissions at the default page size, in 1 MiB.
const REMEMBERED: usize = 1 << 16;

/// Returns the cursor of the next page, or `None` if this page is the last one.
///
/// The number of permissions does not matter. A page that is empty after deletions or a filter may have successors.
///
/// # Errors
///
/// Fails if `has_more` is true and there is no cursor.
pub(super) fn next_cursor(page: &PermissionList) -> Result<Option<PermissionId>, &'static str> {
    if !page.has_more {
        return Ok(None);
    }
    let last_item = page.data.last().map(|permission| &permission.id);
    let cursor = page.last_id.as_ref().or(last_item);
    cursor
        .cloned()
        .map(Some)
        .ok_or("the response has `has_more` but no cursor")
}

/// Detects repeated cursors in constant memory.
///
/// The first 65,536 cursors are remembered. After them, one reference cursor is compared with every new one and
/// replaced after 1, 2, 4, … pages (Brent's algorithm). A cycle of any length is detected after at most three rounds.
#[derive(Clone, Default)]
pub(super) struct CursorGuard {
    seen: HashSet<u64>,
    hasher: RandomState,
    reference: Option<PermissionId>,
    /// Number of pages since the reference was set.
    distance: u64,
    /// Distance at which the reference is replaced.
    limit: u64,
}

impl CursorGuard {
    /// Adds a cursor. Returns false if it is repeated.
    pub(super) fn insert(&mut self, cursor: &PermissionId) -> bool {
        let hash = self.hasher.hash_one(cursor.as_str());
        if self.seen.contains(&hash) || self.reference.as_ref() == Some(cursor) {
            return false;
        }
        if self.seen.len() < REMEMBERED {
            self.seen.insert(hash);
            return true;
        }
        self.distance += 1;
        if self.distance >= self.limit {
            self.reference = Some(cursor.clone());
            self.distance = 0;
            self.limit = (self.limit * 2).max(1);
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
    fn last_id_takes_precedence_over_last_item() {
        let item = r#"{"object":"checkpoint.permission","id":"cp_item","created_at":1,"project_id":"proj_1"}"#;
        let both =
            format!(r#"{{"object":"list","data":[{item}],"last_id":"cp_last","has_more":true}}"#);
        let item_alone =
            format!(r#"{{"object":"list","data":[{item}],"last_id":null,"has_more":true}}"#);
        assert_eq!(
            next_cursor(&page(&both)).unwrap().unwrap().as_str(),
            "cp_last"
        );
        assert_eq!(
            next_cursor(&page(&item_alone)).unwrap().unwrap().as_str(),
            "cp_item"
        );
    }

    #[test]
    fn empty_page_continues_and_missing_cursor_fails() {
        let more = page(r#"{"object":"list","data":[],"last_id":"cp_last","has_more":true}"#);
        let lost = page(r#"{"object":"list","data":[],"has_more":true}"#);
        let last = page(r#"{"object":"list","data":[],"last_id":"cp_last","has_more":false}"#);
        assert!(next_cursor(&more).unwrap().is_some());
        assert!(next_cursor(&lost).is_err());
        assert!(next_cursor(&last).unwrap().is_none());
    }

    #[test]
    fn repeated_cursor_is_detected_at_once() {
        for cycle in 1..50 {
            let mut guard = CursorGuard::default();
            assert!((0..cycle).all(|n| guard.insert(&id(n))));
            assert!(!guard.insert(&id(0)), "a cycle of {cycle}");
        }
    }

    #[test]
    fn long_cycle_is_detected_in_constant_memory() {
        for cycle in [1, 2, 3, 1_000] {
            let mut guard = CursorGuard::default();
            assert!((0..REMEMBERED).all(|n| guard.insert(&id(n))));
            let round = (0..cycle).map(|n| id(REMEMBERED + n)).cycle();
            let pages = round
                .take(8 * cycle + 8)
                .take_while(|cursor| guard.insert(cursor))
                .count();
            assert!(pages < 8 * cycle + 8, "a cycle of {cycle} went on");
            assert_eq!(guard.seen.len(), REMEMBERED);
        }
    }
}
