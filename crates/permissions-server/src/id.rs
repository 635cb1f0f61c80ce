//! Ids: what they may hold, and how permissions get theirs, `cp_` and 24 base-62 characters.

use rand::distr::{Alphanumeric, SampleString};
use sha2::{Digest, Sha256};

use crate::limits::MAX_ID_BYTES;

const LENGTH: usize = 24;
const BASE_62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Where new permission ids come from.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) enum IdSource {
    /// 143 bits from the system's generator.
    #[default]
    Random,
    /// A function of the seed, the checkpoint and the position in it, so that the same calls give
    /// the same ids however requests to different checkpoints interleave.
    Seeded(u64),
}

impl IdSource {
    /// The id of the permission that is created at `position` of `checkpoint`.
    pub(crate) fn permission_id(self, checkpoint: &str, position: i64) -> String {
        let suffix = match self {
            Self::Random => Alphanumeric.sample_string(&mut rand::rng(), LENGTH),
            Self::Seeded(seed) => {
                let digest = Sha256::new()
                    .chain_update(seed.to_be_bytes())
                    .chain_update(position.to_be_bytes())
                    .chain_update(checkpoint)
                    .finalize();
                digest
                    .iter()
                    .take(LENGTH)
                    .map(|byte| char::from(BASE_62[usize::from(*byte) % BASE_62.len()]))
                    .collect()
            }
        };
        format!("cp_{suffix}")
    }
}

/// Why a text is no id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidId {
    #[error("is empty; give an id")]
    Empty,
    #[error("is {0} bytes long; an id has at most {MAX_ID_BYTES}")]
    TooLong(usize),
    #[error("is a step in a path, which a URL cannot carry as an id")]
    Dots,
    #[error("holds the control character U+{0:04X}; an id has none")]
    Control(u32),
}

/// Whether `id` can be the id of anything.
pub(crate) fn check(id: &str) -> Result<(), InvalidId> {
    if id.is_empty() {
        return Err(InvalidId::Empty);
    }
    if id.len() > MAX_ID_BYTES {
        return Err(InvalidId::TooLong(id.len()));
    }
    if id == "." || id == ".." {
        return Err(InvalidId::Dots);
    }
    match id.chars().find(|character| character.is_control()) {
        Some(control) => Err(InvalidId::Control(control.into())),
        None => Ok(()),
    }
}

/// A random token of `length` base-62 characters.
pub(crate) fn token(length: usize) -> String {
    Alphanumeric.sample_string(&mut rand::rng(), length)
}

/// A new id of a request.
pub(crate) fn request_id() -> String {
    format!("req_{}", token(32).to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_the_documented_shape() {
        for source in [IdSource::Random, IdSource::Seeded(7)] {
            let id = source.permission_id("ft:model", 1);
            let suffix = id.strip_prefix("cp_").expect("the prefix");
            assert_eq!(suffix.len(), 24);
            assert!(suffix.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        }
    }

    #[test]
    fn a_seed_repeats_its_ids_and_tells_places_apart() {
        let source = IdSource::Seeded(7);
        assert_eq!(source.permission_id("a", 1), source.permission_id("a", 1));
        assert_ne!(source.permission_id("a", 1), source.permission_id("a", 2));
        assert_ne!(source.permission_id("a", 1), source.permission_id("b", 1));
        assert_ne!(
            source.permission_id("a", 1),
            IdSource::Seeded(8).permission_id("a", 1)
        );
    }
}
