//! API keys, stored as hashes and compared in constant time.

mod files;

use parking_lot::RwLock;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

pub(crate) use files::{FileStates, KeySource};

/// The SHA-256 hash of a key.
pub(crate) type Hash = [u8; 32];

/// A known key.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Known {
    pub(crate) role: Role,
    pub(crate) hash: Hash,
}

/// The role of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// May call every operation.
    Admin,
    /// May call no operation, because it is the key of a project.
    Project,
}

/// The keys of a running server. They can be replaced.
#[derive(Debug, Default)]
pub(crate) struct Keys(RwLock<KeySet>);

/// Hashes of keys by role.
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
    pub(crate) fn new(admin: &[SecretString], project: &[SecretString]) -> Self {
        let hash = |key: &SecretString| hash(key.expose_secret().as_bytes());
        Self {
            admin: admin.iter().map(hash).collect(),
            project: project.iter().map(hash).collect(),
        }
    }
}

impl Keys {
    pub(crate) fn new(set: KeySet) -> Self {
        Self(RwLock::new(set))
    }

    /// Replaces all keys. Requests that are already authenticated continue.
    pub(crate) fn replace(&self, set: KeySet) {
        *self.0.write() = set;
    }

    /// Returns the role and the hash of a known key.
    pub(crate) fn identify(&self, key: &[u8]) -> Option<Known> {
        let hash = hash(key);
        let set = self.0.read();
        // Each key is compared with all hashes of both lists, so that the duration does not reveal a match.
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

fn contains(hashes: &[Hash], hash: &Hash) -> Choice {
    hashes
        .iter()
        .fold(Choice::from(0), |found, known| found | known.ct_eq(hash))
}

fn hash(key: &[u8]) -> Hash {
    Sha256::digest(key).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_has_the_role_of_its_configured_list() {
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
    fn debug_output_contains_no_keys() {
        let keys = Keys::new(KeySet::new(&[SecretString::from("sk-admin-1")], &[]));
        let shown = format!("{keys:?}");
        assert!(shown.contains("admin: 1"), "{shown}");
        assert!(!shown.contains("sk-admin-1"), "{shown}");
    }
}
