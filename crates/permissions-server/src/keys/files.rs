//! Key files: one key a line, read again while the server runs.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use secrecy::{ExposeSecret, SecretString};

use super::KeySet;
use crate::error::StartError;

/// Where a server's keys come from.
#[derive(Debug, Default)]
pub(crate) struct KeySource {
    /// Keys given as such.
    pub(crate) admin_keys: Vec<SecretString>,
    pub(crate) project_keys: Vec<SecretString>,
    /// Files with more of them.
    pub(crate) admin_file: Option<PathBuf>,
    pub(crate) project_file: Option<PathBuf>,
}

/// When the admin and the project file were last written, and how long they are.
pub(crate) type FilesState = [Option<(SystemTime, u64)>; 2];

/// All keys, and the first admin key among them.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) set: KeySet,
    pub(crate) first_admin: SecretString,
}

impl KeySource {
    /// Whether any admin key or file of them was given.
    pub(crate) fn has_admin(&self) -> bool {
        !self.admin_keys.is_empty() || self.admin_file.is_some()
    }

    /// Whether there is a file that can change.
    pub(crate) fn has_files(&self) -> bool {
        self.admin_file.is_some() || self.project_file.is_some()
    }

    /// Reads every file and checks every key.
    pub(crate) fn load(&self) -> Result<Loaded, StartError> {
        let mut admin = self.admin_keys.clone();
        if let Some(file) = &self.admin_file {
            admin.extend(read(file)?);
        }
        let mut project = self.project_keys.clone();
        if let Some(file) = &self.project_file {
            project.extend(read(file)?);
        }
        for key in admin.iter().chain(&project) {
            check(key.expose_secret(), true)
                .map_err(|wrong| {
                    StartError::new(format!(
                        "failed to take the API key of --admin-key, OPENAI_ADMIN_KEY or the builder: {wrong}"
                    ))
                })?;
        }
        let first_admin = admin.first().cloned().ok_or_else(|| {
            StartError::new("failed to start without an admin key: give one by file or variable")
        })?;
        Ok(Loaded {
            set: KeySet::new(&admin, &project),
            first_admin,
        })
    }

    /// When each file was last written; changes when a file does.
    pub(crate) fn state(&self) -> FilesState {
        let state = |file: &Option<PathBuf>| {
            let found = std::fs::metadata(file.as_ref()?).ok()?;
            Some((found.modified().ok()?, found.len()))
        };
        [state(&self.admin_file), state(&self.project_file)]
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
        // The key itself stays out of the message.
        check(key, false).map_err(|wrong| {
            StartError::new(format!(
                "failed to take the key in {name}, line {line}: {wrong}"
            ))
        })?;
        keys.push(SecretString::from(key));
    }
    if keys.is_empty() {
        return Err(StartError::new(format!(
            "failed to take keys from {name}: it holds none; write one key a line"
        )));
    }
    Ok(keys)
}

/// Whether a header can carry the key. In a file, a space is taken for a mistake.
fn check(key: &str, spaces: bool) -> Result<(), &'static str> {
    if !spaces && key.contains(' ') {
        return Err("it holds a space; write one key a line, and nothing else on it");
    }
    let fits = |byte: u8| byte.is_ascii_graphic() || (spaces && byte == b' ');
    if !key.is_empty() && key.trim() == key && key.bytes().all(fits) {
        Ok(())
    } else {
        Err(
            "it is empty, begins or ends with a space, or holds a character that a header cannot \
             carry; use printable ASCII",
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
    fn a_file_holds_a_key_a_line_and_comments() {
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
    fn a_wrong_line_is_told_by_its_number_and_not_shown() {
        let (_folder, wrong) = source("sk-admin-1\nsk admin 2\n");
        let text = wrong.load().expect_err("a refusal").to_string();
        assert!(
            text.contains("line 2") && !text.contains("sk admin 2"),
            "{text}"
        );
        let (_folder, empty) = source("# nothing yet\n");
        let text = empty.load().expect_err("a refusal").to_string();
        assert!(text.contains("holds none"), "{text}");
    }
}
