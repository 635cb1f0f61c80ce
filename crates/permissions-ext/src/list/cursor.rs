//! The only place that decides whether there is another page.

use super::dedup::RecentIds;
use super::{Content, Item};

/// Returns the cursor of the next page. Returns `None` after the last page.
///
/// A page that is empty because of deletions or a filter may be followed by other pages.
///
/// # Errors
///
/// Fails if `has_more` is true and there is no cursor.
pub(super) fn next_cursor<T: Item>(
    page: &Content<T, T::Id>,
) -> Result<Option<T::Id>, &'static str> {
    if !page.has_more {
        return Ok(None);
    }
    let cursor = page.last_id.as_ref().or(page.data.last().map(T::id));
    cursor
        .cloned()
        .map(Some)
        .ok_or("the response has `has_more` but no cursor")
}

/// Detects repeated cursors in constant memory.
///
/// A repetition of a recent cursor is detected at once. Longer cycles are detected with a reference cursor, which is
/// compared with every new cursor and replaced after 1, 2, 4, … pages (Brent's algorithm).
#[derive(Clone, Default)]
pub(super) struct CursorGuard {
    recent: RecentIds,
    /// The cursor with which every new cursor is compared.
    reference: Option<String>,
    /// Number of pages since the reference cursor was set.
    distance: u64,
    /// Number of pages after which the reference cursor is replaced.
    limit: u64,
}

impl CursorGuard {
    /// Adds a cursor. Returns false if the cursor is a repetition.
    pub(super) fn insert(&mut self, cursor: &str) -> bool {
        if !self.recent.insert(cursor) || self.reference.as_deref() == Some(cursor) {
            return false;
        }
        self.distance += 1;
        if self.distance >= self.limit {
            self.reference = Some(cursor.to_owned());
            self.distance = 0;
            self.limit = (self.limit * 2).max(1);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Permission, PermissionId};

    fn id(n: usize) -> String {
        format!("cp_{n}")
    }

    fn page(
        data: &[&str],
        last_id: Option<&str>,
        has_more: bool,
    ) -> Content<Permission, PermissionId> {
        let id = |id: &str| PermissionId::try_from(id).unwrap();
        let permission = |it: &&str| Permission {
            id: id(it),
            created_at: 1,
            project_id: "proj_1".parse().unwrap(),
        };
        Content {
            data: data.iter().map(permission).collect(),
            first_id: None,
            last_id: last_id.map(id),
            has_more,
        }
    }

    #[test]
    fn last_id_takes_precedence_over_last_item() {
        let both = page(&["cp_item"], Some("cp_last"), true);
        let item_alone = page(&["cp_item"], None, true);
        assert_eq!(next_cursor(&both).unwrap().unwrap(), "cp_last");
        assert_eq!(next_cursor(&item_alone).unwrap().unwrap(), "cp_item");
    }

    #[test]
    fn empty_page_continues_and_missing_cursor_fails() {
        let more = page(&[], Some("cp_last"), true);
        let lost = page(&[], None, true);
        let last = page(&[], Some("cp_last"), false);
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
    fn cycle_longer_than_the_window_is_detected() {
        for cycle in [40_000, 70_000] {
            let mut guard = CursorGuard::default();
            let pages = (0..cycle).map(id).cycle();
            let pages = pages
                .take(4 * cycle)
                .take_while(|cursor| guard.insert(cursor));
            assert!(
                pages.count() < 4 * cycle,
                "a cycle of {cycle} was not detected"
            );
        }
    }
}
