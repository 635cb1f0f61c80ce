use std::collections::HashSet;
use std::hash::{BuildHasher as _, RandomState};
use std::mem;

use crate::model::PermissionId;

/// Number of ids in each of the two sets. 16,384 ids are 160 pages of the default size and need 150 KB.
const SET_SIZE: usize = 1 << 14;

/// The most recent permission ids, in constant memory.
///
/// There are two sets. A full set replaces the older one, so that the last 16,384 ids at least are known.
#[derive(Clone, Default)]
pub(super) struct RecentIds {
    hasher: RandomState,
    current: HashSet<u64>,
    previous: HashSet<u64>,
}

impl RecentIds {
    /// Adds an id. Returns false if it is one of the recent ids.
    pub(super) fn insert(&mut self, id: &PermissionId) -> bool {
        // A collision of 64 random bits would drop a permission: for ten million permissions, once in 50 million lists.
        let hash = self.hasher.hash_one(id.as_str());
        if self.previous.contains(&hash) || !self.current.insert(hash) {
            return false;
        }
        if self.current.len() == SET_SIZE {
            self.previous = mem::take(&mut self.current);
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

    #[test]
    fn repeated_id_is_known_within_the_window() {
        let mut ids = RecentIds::default();
        for n in 0..3 * SET_SIZE {
            assert!(ids.insert(&id(n)), "{n}");
            let oldest = n.saturating_sub(SET_SIZE - 1);
            assert!(!ids.insert(&id(oldest)), "{oldest} after {n}");
        }
    }

    #[test]
    fn memory_is_bounded() {
        let mut ids = RecentIds::default();
        for n in 0..5 * SET_SIZE {
            ids.insert(&id(n));
            assert!(ids.current.len() + ids.previous.len() <= 2 * SET_SIZE);
        }
    }
}
