use std::collections::HashSet;
use std::hash::{BuildHasher as _, BuildHasherDefault, Hash as _, Hasher, RandomState};
use std::mem;
use std::sync::LazyLock;

use crate::model::PermissionId;

/// Number of ids in one set: 20 pages of the default size. Both sets need 74 KB and fit into the processor's cache. Sets of
/// 16,384 ids take 10 % of the time of a page.
const SET_SIZE: usize = 1 << 11;

/// The ids of recent permissions, in constant memory.
///
/// It remembers at least the last 2,048 ids and at most twice as many: when the current set is full, it replaces the
/// previous one.
#[derive(Clone, Default)]
pub(super) struct RecentIds {
    current: Hashes,
    previous: Hashes,
}

type Hashes = HashSet<u64, BuildHasherDefault<Identity>>;

/// Random, so that nobody can choose ids with the same hash.
static SEED: LazyLock<u64> = LazyLock::new(|| RandomState::new().hash_one(0_u8));

impl RecentIds {
    /// Adds an id. Returns false if it is a recent one.
    pub(super) fn insert(&mut self, id: &PermissionId) -> bool {
        // A collision of 64 random bits would drop a permission: for ten million permissions, once in 500 million lists.
        let mut hasher = Folding {
            seed: *SEED,
            state: *SEED,
        };
        id.hash(&mut hasher);
        let hash = hasher.finish();
        if self.previous.contains(&hash) || !self.current.insert(hash) {
            return false;
        }
        if self.current.len() == SET_SIZE {
            mem::swap(&mut self.current, &mut self.previous);
            self.current.clear();
        }
        true
    }
}

/// A hasher that multiplies and folds 16 bytes at a time. The standard hasher would take 5 % of the time of a page.
struct Folding {
    seed: u64,
    state: u64,
}

impl Folding {
    fn fold(&mut self, block: &[u8; 16]) {
        let block = u128::from_le_bytes(*block);
        let product =
            u128::from(block as u64 ^ self.seed) * u128::from((block >> 64) as u64 ^ self.state);
        self.state = (product as u64) ^ (product >> 64) as u64;
    }
}

impl Hasher for Folding {
    fn write(&mut self, bytes: &[u8]) {
        self.state ^= bytes.len() as u64;
        let (blocks, rest) = bytes.as_chunks::<16>();
        for block in blocks {
            self.fold(block);
        }
        match bytes.last_chunk() {
            // The last block may overlap the one before, so that it has a fixed length.
            Some(last) if !rest.is_empty() => self.fold(last),
            Some(_) => {}
            None => {
                let mut block = [0; 16];
                block[..rest.len()].copy_from_slice(rest);
                self.fold(&block);
            }
        }
    }

    /// Ignores the byte that separates strings, because only one string is hashed.
    fn write_u8(&mut self, _: u8) {}

    fn finish(&self) -> u64 {
        self.state
    }
}

/// A hasher of values that are hashes already.
#[derive(Clone, Default)]
struct Identity(u64);

impl Hasher for Identity {
    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn write(&mut self, _: &[u8]) {}

    fn finish(&self) -> u64 {
        self.0
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
