//! API keys, stored as hashes and compared in constant time.

use std::path::{Path, PathBuf};
use std::time::Duration;

use parking_lot::RwLock;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::error::StartError;

/// How often the key files are checked for changes.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);

/// The SHA-256 hash of a key.
pub(crate) type Hash = [u8; 32];

/// The role of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// May call every operation.
    Admin,
    /// May call no operation, because the key belongs to a project.
    Project,
}

/// The configured keys and key files.
#[derive(Debug, Default)]
pub(crate) struct KeySource {
    pub(crate) keys: Vec<(Role, SecretString)>,
    pub(crate) files: Vec<(Role, PathBuf)>,
}

/// The keys of a running server. This type has no `Debug`, so that logs cannot contain hashes.
pub(crate) struct Keys {
    source: KeySource,
    hashes: RwLock<Vec<(Role, Hash)>>,
}

impl KeySource {
    /// Whether an admin key or a file of admin keys is configured.
    pub(crate) fn has_admin(&self) -> bool {
        let file_roles = self.files.iter().map(|(role, _)| role);
        let mut roles = self.keys.iter().map(|(role, _)| role).chain(file_roles);
        roles.any(|role| *role == Role::Admin)
    }

    /// Reads the files and checks all keys.
    fn load(&self) -> Result<Vec<(Role, SecretString)>, StartError> {
        let mut all = self.keys.clone();
        for (_, key) in &all {
            check(key.expose_secret()).map_err(|reason| {
                StartError::new(format!(
                    "invalid API key in --admin-key, OPENAI_ADMIN_KEY or the builder: {reason}"
                ))
            })?;
        }
        for (role, file) in &self.files {
            all.extend(read(file)?.into_iter().map(|key| (*role, key)));
        }
        Ok(all)
    }
}

impl Keys {
    /// Loads the keys. Also returns the first admin key.
    pub(crate) fn load(source: KeySource) -> Result<(Self, SecretString), StartError> {
        let loaded = source.load()?;
        let first_admin = loaded.iter().find(|(role, _)| *role == Role::Admin);
        let (_, first_admin) = first_admin.cloned().ok_or_else(|| {
            StartError::new("there is no admin key; set OPENAI_ADMIN_KEY or --admin-keys")
        })?;
        let hashes = RwLock::new(hash_all(&loaded));
        Ok((Self { source, hashes }, first_admin))
    }

    /// Reads the key files again. If a file is invalid, the keys stay unchanged. Requests that are already authenticated
    /// continue.
    pub(crate) fn reload(&self) -> Result<(), StartError> {
        let new = hash_all(&self.source.load()?);
        let mut hashes = self.hashes.write();
        if *hashes != new {
            *hashes = new;
            tracing::info!("reloaded the keys");
        }
        Ok(())
    }

    /// Reloads changed key files. Never returns.
    pub(crate) async fn watch(&self) {
        if self.source.files.is_empty() {
            return std::future::pending().await;
        }
        let mut logged = None;
        loop {
            tokio::time::sleep(CHECK_INTERVAL).await;
            let error = self.reload().err().map(|error| error.to_string());
            if let Some(error) = error.as_ref().filter(|_| error != logged) {
                tracing::error!(%error, "failed to reload the keys; the previous keys stay in use");
            }
            logged = error;
        }
    }

    /// Returns the role and the hash of a known key. A key with both roles is an admin key.
    pub(crate) fn identify(&self, key: &[u8]) -> Option<(Role, Hash)> {
        let hash = hash(key);
        let mut found = None;
        // The loop has no early exit, so that the duration does not reveal the position of a match.
        for (role, known) in self.hashes.read().iter() {
            if bool::from(known.ct_eq(&hash)) && found != Some(Role::Admin) {
                found = Some(*role);
            }
        }
        found.map(|role| (role, hash))
    }
}

fn hash_all(keys: &[(Role, SecretString)]) -> Vec<(Role, Hash)> {
    let hash = |key: &SecretString| hash(key.expose_secret().as_bytes());
    keys.iter().map(|(role, key)| (*role, hash(key))).collect()
}

fn hash(key: &[u8]) -> Hash {
    Sha256::digest(key).into()
}

fn read(file: &Path) -> Result<Vec<SecretString>, StartError> {
    let name = file.display();
    let text = std::fs::read_to_string(file)
        .map_err(|error| StartError::new(format!("failed to read the key file {name}: {error}")))?;
    let mut keys = Vec::new();
    for (line, key) in (1..).zip(text.lines()) {
        let key = key.trim();
        if key.is_empty() || key.starts_with('#') {
            continue;
        }
        let checked = if key.contains(' ') {
            Err("the key contains a space; write one key on each line")
        } else {
            check(key)
        };
        // The message does not contain the key, because the message may be printed to a log.
        checked.map_err(|reason| {
            StartError::new(format!(
                "invalid key in the key file {name}, line {line}: {reason}"
            ))
        })?;
        keys.push(SecretString::from(key));
    }
    if keys.is_empty() {
        return Err(StartError::new(format!(
            "failed to read keys from {name}: the file contains no keys; write one key on each line"
        )));
    }
    Ok(keys)
}

/// Checks that a key is valid in a header.
fn check(key: &str) -> Result<(), &'static str> {
    let is_valid = |byte: u8| byte.is_ascii_graphic() || byte == b' ';
    if !key.is_empty() && key.trim() == key && key.bytes().all(is_valid) {
        Ok(())
    } else {
        Err(
            "the key is empty, starts or ends with a space, or has a character that is invalid in a header; \
             use printable ASCII",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(admin: &str) -> (tempfile::TempDir, KeySource) {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("admin-keys");
        std::fs::write(&file, admin).expect("written");
        let source = KeySource {
            keys: Vec::new(),
            files: vec![(Role::Admin, file)],
        };
        (folder, source)
    }

    #[test]
    fn key_has_the_role_of_its_configured_list() {
        let (folder, mut source) = source("sk-admin-1\nsk-admin-2\n");
        for (role, key) in [
            (Role::Project, "sk-proj-1"),
            (Role::Project, "sk-both"),
            (Role::Admin, "sk-both"),
        ] {
            source.keys.push((role, SecretString::from(key)));
        }
        let (keys, first_admin) = Keys::load(source).expect("valid");
        assert_eq!(first_admin.expose_secret(), "sk-both");
        let role = |key: &[u8]| keys.identify(key).map(|(role, _)| role);
        assert_eq!(role(b"sk-admin-1"), Some(Role::Admin));
        assert_eq!(role(b"sk-admin-2"), Some(Role::Admin));
        assert_eq!(role(b"sk-both"), Some(Role::Admin));
        assert_eq!(role(b"sk-proj-1"), Some(Role::Project));
        assert_eq!(role(b"sk-admin-3"), None);
        assert_eq!(role(b""), None);
        std::fs::write(folder.path().join("admin-keys"), "sk-admin-3").expect("written");
        keys.reload().expect("valid");
        assert!(keys.identify(b"sk-admin-1").is_none());
        assert!(keys.identify(b"sk-admin-3").is_some());
    }

    #[test]
    fn debug_output_contains_no_keys() {
        let source = KeySource {
            keys: vec![(Role::Admin, SecretString::from("sk-admin-1"))],
            files: Vec::new(),
        };
        let shown = format!("{source:?}");
        assert!(shown.contains("Admin"), "{shown}");
        assert!(!shown.contains("sk-admin-1"), "{shown}");
    }

    #[test]
    fn comments_and_blank_lines_in_key_file_are_ignored() {
        let (_folder, source) = source("# ops\nsk-admin-1\n\n  sk-admin-2  \r\n");
        let (keys, first_admin) = Keys::load(source).expect("valid");
        assert_eq!(first_admin.expose_secret(), "sk-admin-1");
        assert_eq!(
            keys.identify(b"sk-admin-2").map(|(role, _)| role),
            Some(Role::Admin)
        );
        assert!(keys.identify(b"# ops").is_none());
    }

    #[test]
    fn invalid_key_is_reported_by_line_number() {
        let (_folder, wrong) = source("sk-admin-1\nsk admin 2\n");
        let text = wrong.load().expect_err("a refusal").to_string();
        assert!(
            text.contains("line 2") && !text.contains("sk admin 2"),
            "{text}"
        );
        let (_folder, empty) = source("# nothing yet\n");
        let text = empty.load().expect_err("a refusal").to_string();
        assert!(text.contains("contains no keys"), "{text}");
    }
}
