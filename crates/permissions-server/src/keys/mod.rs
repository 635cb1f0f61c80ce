//! API keys: kept as hashes, compared in constant time.

mod files;

use std::sync::{Arc, PoisonError, RwLock};

use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

pub(crate) use files::{FilesState, KeySource};

/// What stands for a key: nobody can turn it back into one.
pub(crate) type Hash = [u8; 32];

/// A key that is known.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Known {
    pub(crate) role: Role,
    pub(crate) hash: Hash,
}

/// What a key allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// The three operations.
    Admin,
    /// Nothing here: the key is known, but it is a project's.
    Project,
}

/// The keys that the server knows. They can be replaced while it runs.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    current: RwLock<Arc<KeySet>>,
}

/// Hashes of admin keys and of project keys.
#[derive(Default)]
pub(crate) struct KeySet {
    admin: Vec<Hash>,
    project: Vec<Hash>,
}

impl std::fmt::Debug for KeySet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeySet")
            .field("admin", &self.admin.len())
            .field("project", &self.project.len())
            .finish()
    }
}

impl KeySet {
    /// The set of these keys.
    pub(crate) fn new<'a>(
        admin: impl IntoIterator<Item = &'a SecretString>,
        project: impl IntoIterator<Item = &'a SecretString>,
    ) -> Self {
        let hash = |key: &SecretString| hash(key.expose_secret().as_bytes());
        Self {
            admin: admin.into_iter().map(hash).collect(),
            project: project.into_iter().map(hash).collect(),
        }
    }
}

impl Keys {
    /// Starts with `set`.
    pub(crate) fn new(set: KeySet) -> Self {
        Self {
            current: RwLock::new(Arc::new(set)),
        }
    }

    /// Replaces all keys: from the next request on, only these are known.
    pub(crate) fn replace(&self, set: KeySet) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(set);
    }

    /// The presented key, if it is known.
    pub(crate) fn identify(&self, presented: &[u8]) -> Option<Known> {
        let set = Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner));
        let hash = hash(presented);
        // Both lists are walked to their end, so that the time tells nothing about the match.
        let admin = contains(&set.admin, &hash);
        let project = contains(&set.project, &hash);
        let role = if admin.into() {
            Role::Admin
        } else if project.into() {
            Role::Project
        } else {
            return None;
        };
        Some(Known { role, hash })
    }
}

fn contains(hashes: &[Hash], presented: &Hash) -> Choice {
    hashes.iter().fold(Choice::from(0), |found, known| {
        found | known.ct_eq(presented)
    })
}

fn hash(key: &[u8]) -> Hash {
    Sha256::digest(key).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_the_role_of_its_list() {
        let keys = Keys::new(KeySet::new(
            &[
                SecretString::from("sk-admin-1"),
                SecretString::from("sk-admin-2"),
            ],
            &[SecretString::from("sk-proj-1")],
        ));
        let role = |key: &[u8]| keys.identify(key).map(|known| known.role);
        assert_eq!(role(b"sk-admin-1"), Some(Role::Admin));
        assert_eq!(role(b"sk-admin-2"), Some(Role::Admin));
        assert_eq!(role(b"sk-proj-1"), Some(Role::Project));
        assert_eq!(role(b"sk-admin-3"), None);
        assert_eq!(role(b""), None);
        keys.replace(KeySet::new(&[SecretString::from("sk-admin-3")], &[]));
        assert!(keys.identify(b"sk-admin-1").is_none());
        assert!(keys.identify(b"sk-admin-3").is_some());
    }

    #[test]
    fn debug_shows_how_many_keys_and_none_of_them() {
        let keys = Keys::new(KeySet::new(&[SecretString::from("sk-admin-1")], &[]));
        let shown = format!("{keys:?}");
        assert!(shown.contains("admin: 1"), "{shown}");
        assert!(!shown.contains("sk-admin-1"), "{shown}");
    }
}
