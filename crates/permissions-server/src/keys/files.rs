//! Loads keys from files.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use secrecy::{ExposeSecret, SecretString};

use super::KeySet;
use crate::error::StartError;

/// The configured keys and key files.
#[derive(Debug, Default)]
pub(crate) struct KeySource {
    pub(crate) admin_keys: Vec<SecretString>,
    pub(crate) project_keys: Vec<SecretString>,
    pub(crate) admin_file: Option<PathBuf>,
    pub(crate) project_file: Option<PathBuf>,
}

/// Modification time and size of the admin and the project key file.
pub(crate) type FileStates = [Option<(SystemTime, u64)>; 2];

/// The loaded keys.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) set: KeySet,
    pub(crate) first_admin: SecretString,
}

impl KeySource {
    /// Whether an admin key or a file of admin keys is configured.
    pub(crate) fn has_admin(&self) -> bool {
        !self.admin_keys.is_empty() || self.admin_file.is_some()
    }

    pub(crate) fn has_files(&self) -> bool {
        self.admin_file.is_some() || self.project_file.is_some()
    }

    /// Reads the files and checks all keys.
    pub(crate) fn load(&self) -> Result<Loaded, StartError> {
        let with_file = |keys: &[SecretString], file: &Option<PathBuf>| {
            for key in keys {
                check(key.expose_secret()).map_err(|reason| {
                    StartError::new(format!(
                        "invalid API key in --admin-key, OPENAI_ADMIN_KEY or the builder: {reason}"
                    ))
                })?;
            }
            let from_file = file.as_deref().map_or(Ok(Vec::new()), read)?;
            Ok([keys, &from_file].concat())
        };
        let admin = with_file(&self.admin_keys, &self.admin_file)?;
        let project = with_file(&self.project_keys, &self.project_file)?;
        let first_admin = admin.first().cloned().ok_or_else(|| {
            StartError::new("there is no admin key; set OPENAI_ADMIN_KEY or --admin-keys")
        })?;
        Ok(Loaded {
            set: KeySet::new(&admin, &project),
            first_admin,
        })
    }

    /// Returns the modification times and sizes of the key files.
    pub(crate) fn file_states(&self) -> FileStates {
        [&self.admin_file, &self.project_file].map(|file| {
            let metadata = std::fs::metadata(file.as_ref()?).ok()?;
            Some((metadata.modified().ok()?, metadata.len()))
        })
    }
}

fn read(file: &Path) -> Result<Vec<SecretString>, StartError> {
    let name = file.display();
    let text = std::fs::read_to_string(file).map_err(|error| {
        StartError::with_source(
            format!("failed to read the key file {name}: {error}"),
            error,
        )
    })?;
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
        // The message does not contain the key, because it may be printed to a log.
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
    use crate::keys::{Keys, Role};

    fn source(admin: &str) -> (tempfile::TempDir, KeySource) {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("admin-keys");
        std::fs::write(&file, admin).expect("written");
        let source = KeySource {
            admin_file: Some(file),
            ..KeySource::default()
        };
        (folder, source)
    }

    #[test]
    fn key_file_has_keys_and_comment_lines() {
        let (_folder, source) = source("# ops\nsk-admin-1\n\n  sk-admin-2  \r\n");
        let loaded = source.load().expect("valid");
        assert_eq!(loaded.first_admin.expose_secret(), "sk-admin-1");
        let keys = Keys::new(loaded.set);
        assert_eq!(
            keys.identify(b"sk-admin-2").map(|known| known.role),
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
