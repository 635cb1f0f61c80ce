//! Generates and checks ids.

use std::collections::HashSet;

use rand::distr::{Alphanumeric, SampleString};
use sha2::{Digest, Sha256};

use crate::limits::MAX_ID_BYTES;

/// Number of characters after the prefix `cp_`.
const LENGTH: usize = 24;
const BASE_62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Generates permission ids: `cp_` and 24 base-62 characters.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) enum IdSource {
    /// Random ids of 143 bits.
    #[default]
    Random,
    /// Hashes of the seed, the checkpoint and the position of the permission. The ids do not depend on the order of
    /// requests to different checkpoints.
    Seeded(u64),
}

impl IdSource {
    /// Returns the id of the permission at `position` of `checkpoint`.
    pub(crate) fn permission_id(self, checkpoint: &str, position: i64) -> String {
        let suffix = match self {
            Self::Random => token(LENGTH),
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

/// Checks an id of a checkpoint, project or permission. Returns the reason if it is invalid, such as "is empty or
/// blank".
pub(crate) fn check(id: &str) -> Result<(), String> {
    if id.len() > MAX_ID_BYTES {
        return Err(format!(
            "has {} bytes; an id has at most {MAX_ID_BYTES}",
            id.len()
        ));
    }
    if id.trim().is_empty() {
        return Err("is empty or blank; send an id".to_owned());
    }
    if id == "." || id == ".." {
        let reason =
            "is a relative path segment, so a URL cannot contain it as an id; use another id";
        return Err(reason.to_owned());
    }
    let refused = |character: &char| character.is_control() || is_invisible(*character);
    match id.chars().find(refused) {
        Some(character) => Err(format!(
            "contains the invisible character U+{:04X}; remove it",
            u32::from(character)
        )),
        None => Ok(()),
    }
}

/// Removes duplicates. The first occurrence of each id stays.
pub(crate) fn distinct(mut ids: Vec<String>) -> Vec<String> {
    let mut seen = HashSet::with_capacity(ids.len());
    ids.retain(|id| seen.insert(id.clone()));
    ids
}

/// Whether a character is invisible or changes the direction of text. Two ids that differ only in such characters can
/// look equal.
///
/// These are Unicode's default-ignorable code points, line and paragraph separators, annotation marks and the blank
/// Braille pattern.
fn is_invisible(character: char) -> bool {
    matches!(
        u32::from(character),
        0xAD | 0x34F
            | 0x61C
            | 0x115F..=0x1160
            | 0x17B4..=0x17B5
            | 0x180B..=0x180F
            | 0x200B..=0x200F
            | 0x2028..=0x202E
            | 0x2060..=0x206F
            | 0x2800
            | 0x3164
            | 0xFE00..=0xFE0F
            | 0xFEFF
            | 0xFFA0
            | 0xFFF0..=0xFFFB
            | 0x1BCA0..=0x1BCA3
            | 0x1D173..=0x1D17A
            | 0xE0000..=0xE0FFF
    )
}

/// Returns a random token of `length` base-62 characters.
pub(crate) fn token(length: usize) -> String {
    Alphanumeric.sample_string(&mut rand::rng(), length)
}

/// Generates the id of a request.
pub(crate) fn request_id() -> String {
    format!("req_{}", token(32).to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generated_ids_have_prefix_and_24_characters() {
        for source in [IdSource::Random, IdSource::Seeded(7)] {
            let id = source.permission_id("ft:model", 1);
            let suffix = id.strip_prefix("cp_").expect("the prefix");
            assert_eq!(suffix.len(), 24);
            assert!(suffix.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        }
    }

    #[test]
    fn seeded_ids_depend_on_seed_checkpoint_and_position() {
        let source = IdSource::Seeded(7);
        assert_eq!(source.permission_id("a", 1), source.permission_id("a", 1));
        assert_ne!(source.permission_id("a", 1), source.permission_id("a", 2));
        assert_ne!(source.permission_id("a", 1), source.permission_id("b", 1));
        assert_ne!(
            source.permission_id("a", 1),
            IdSource::Seeded(8).permission_id("a", 1)
        );
    }

    #[test]
    fn id_with_invisible_characters_is_refused() {
        for id in [
            "a\u{200b}",
            "\u{202e}a",
            "a\u{2066}b",
            "\u{feff}a",
            "a\u{ad}b",
            " ",
            "\u{3000}\u{a0}",
            "\u{3164}",
            "a\u{e0001}",
            "a\u{85}",
            "a\u{2028}b",
        ] {
            assert!(check(id).is_err(), "{id:?}");
        }
        for id in ["a b", "жёлтый-模型-🦀", "é", "e\u{301}"] {
            assert_eq!(check(id), Ok(()), "{id:?}");
        }
    }
}
