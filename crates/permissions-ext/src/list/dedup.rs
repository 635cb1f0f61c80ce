use std::collections::HashSet;
use std::hash::{BuildHasher as _, BuildHasherDefault, Hasher, RandomState};
use std::mem;
use std::sync::LazyLock;

/// Number of ids in one set: 20 pages of the default size. Both sets together need 74 KB and fit into the processor's
/// cache. With 16,384 ids per set, the sets would account for 10 % of the time to process a page.
const SET_SIZE: usize = 1 << 11;

/// The ids of recent items, in constant memory.
///
/// The ids are stored in two sets. When the current set is full, the current set becomes the previous set, the ids of
/// the former previous set are forgotten, and a new current set starts. The two sets therefore contain at least the
/// last 2,048 ids, and at most 4,096 ids.
#[derive(Clone, Default)]
pub(super) struct RecentIds {
    current: Hashes,
    previous: Hashes,
}

type Hashes = HashSet<u64, BuildHasherDefault<Identity>>;

/// Random, so that nobody can choose ids with the same hash.
static SEED: LazyLock<u64> = LazyLock::new(|| RandomState::new().hash_one(0_u8));

impl RecentIds {
    /// Adds an id. Returns false if the id is already stored.
    pub(super) fn insert(&mut self, id: &str) -> bool {
        // A collision of two 64-bit hashes would drop an item. For lists of ten million items, that happens in one of
        // 500 million lists.
        let hash = hash(id);
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

/// Multiplies and folds 16 bytes at a time. With the standard hasher, hashing would be 5 % of the time for a page.
fn hash(id: &str) -> u64 {
    let bytes = id.as_bytes();
    let fold = |state: u64, block: &[u8; 16]| {
        let block = u128::from_le_bytes(*block);
        let product = u128::from(block as u64 ^ *SEED) * u128::from((block >> 64) as u64 ^ state);
        (product as u64) ^ (product >> 64) as u64
    };
    let (blocks, rest) = bytes.as_chunks::<16>();
    let state = blocks.iter().fold(*SEED ^ bytes.len() as u64, fold);
    match bytes.last_chunk() {
        // The last block may overlap the previous block, so that all blocks have the same length.
        Some(last) if !rest.is_empty() => fold(state, last),
        Some(_) => state,
        None => {
            let mut block = [0; 16];
            block[..rest.len()].copy_from_slice(rest);
            fold(state, &block)
        }
    }
}

/// A hasher whose input is already a hash.
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

    fn id(n: usize) -> String {
        format!("cp_{n}")
    }

    #[test]
    fn repeated_id_within_the_window_is_detected() {
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
