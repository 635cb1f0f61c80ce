//! Writing results: all of them or none, and only what changed.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use similar::TextDiff;

use crate::disk;

/// Files to be written together.
#[derive(Debug, Default)]
pub struct Output {
    files: Vec<(PathBuf, String)>,
    /// Folders that hold nothing but these files.
    owned: Vec<PathBuf>,
}

/// What writing would do, or did, to one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The file.
    pub path: PathBuf,
    /// A unified diff of its text; empty for a file that is only removed.
    pub diff: String,
}

impl Output {
    /// Adds a file with its whole text.
    pub fn file(&mut self, path: impl Into<PathBuf>, text: impl Into<String>) {
        self.files.push((path.into(), text.into()));
    }

    /// Declares a folder whose other files are leftovers, to be removed.
    pub fn owned_folder(&mut self, path: impl Into<PathBuf>) {
        self.owned.push(path.into());
    }

    /// What is not on disk as it should be.
    ///
    /// # Errors
    ///
    /// A file that exists and cannot be read.
    pub fn changes(&self) -> Result<Vec<Change>> {
        let mut changes = Vec::new();
        for (path, text) in &self.files {
            let before = read(path)?;
            if before.as_deref() != Some(text) {
                changes.push(Change {
                    path: path.clone(),
                    diff: diff(path, before.as_deref(), text),
                });
            }
        }
        for path in self.leftovers()? {
            changes.push(Change {
                path,
                diff: String::new(),
            });
        }
        Ok(changes)
    }

    /// Writes what changed and removes leftovers; what did not change keeps its time.
    ///
    /// Every new text is on disk beside its target before the first one is moved into place.
    ///
    /// # Errors
    ///
    /// A file that cannot be read, written or moved; until the moves everything is as it was.
    pub fn write(&self) -> Result<Vec<Change>> {
        let changes = self.changes()?;
        let mut ready = Vec::new();
        for (path, text) in &self.files {
            if !changes.iter().any(|change| change.path == *path) {
                continue;
            }
            let file = disk::write_beside(path, text.as_bytes(), Some(permissions(path)?))?;
            ready.push((file, path));
        }
        for (file, path) in ready {
            disk::persist(file, path)?;
        }
        for path in self.leftovers()? {
            fs::remove_file(&path)
                .with_context(|| format!("failed to remove {}", path.display()))?;
        }
        Ok(changes)
    }

    fn leftovers(&self) -> Result<Vec<PathBuf>> {
        let mut found = Vec::new();
        for folder in &self.owned {
            let entries = match fs::read_dir(folder) {
                Ok(entries) => entries,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => {
                    return Err(error).with_context(|| {
                        format!("failed to read the folder {}", folder.display())
                    });
                }
            };
            for entry in entries {
                let path = entry?.path();
                if path.is_file() && !self.files.iter().any(|(file, _)| *file == path) {
                    found.push(path);
                }
            }
        }
        found.sort();
        Ok(found)
    }
}

/// The text of a file, if there is one.
///
/// # Errors
///
/// A file that exists and cannot be read.
pub fn read(path: &Path) -> Result<Option<String>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("failed to read {}", path.display())),
    }
}

/// Those of the file that is replaced; a new file is readable by everyone, as a checkout makes it.
fn permissions(path: &Path) -> Result<fs::Permissions> {
    match fs::metadata(path)
        .or_else(|_| fs::metadata(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")))
    {
        Ok(metadata) => Ok(metadata.permissions()),
        Err(error) => Err(error)
            .with_context(|| format!("failed to read the permissions of {}", path.display())),
    }
}

fn diff(path: &Path, before: Option<&str>, after: &str) -> String {
    let name = path.display().to_string();
    TextDiff::from_lines(before.unwrap_or_default(), after)
        .unified_diff()
        .header(
            &format!("{name} (on disk)"),
            &format!("{name} (regenerated)"),
        )
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_changed_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let (same, other) = (folder.path().join("same"), folder.path().join("other"));
        fs::write(&same, "a\n").unwrap();
        fs::write(&other, "b\n").unwrap();
        let long_ago = std::time::SystemTime::UNIX_EPOCH;
        fs::File::open(&same)
            .unwrap()
            .set_modified(long_ago)
            .unwrap();

        let mut output = Output::default();
        output.file(&same, "a\n");
        output.file(&other, "c\n");
        let changes = output.write().unwrap();

        assert_eq!(changes.len(), 1);
        assert!(changes[0].diff.contains("-b\n+c\n"), "{}", changes[0].diff);
        assert_eq!(fs::read_to_string(&other).unwrap(), "c\n");
        assert_eq!(fs::metadata(&same).unwrap().modified().unwrap(), long_ago);
        assert_eq!(output.changes().unwrap(), []);
    }

    #[test]
    fn leftovers_of_an_owned_folder_go() {
        let folder = tempfile::tempdir().unwrap();
        let leftover = folder.path().join("old.rs");
        fs::write(&leftover, "").unwrap();

        let mut output = Output::default();
        output.owned_folder(folder.path());
        output.file(folder.path().join("mod.rs"), "// new\n");
        output.write().unwrap();

        assert!(!leftover.exists());
        assert!(folder.path().join("mod.rs").exists());
    }

    #[test]
    fn a_failure_leaves_everything_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let (good, blocker) = (folder.path().join("good"), folder.path().join("blocker"));
        fs::write(&good, "before\n").unwrap();
        fs::write(&blocker, "a file where a folder is needed").unwrap();

        let mut output = Output::default();
        output.file(&good, "after\n");
        output.file(blocker.join("bad"), "x");
        let error = format!("{:#}", output.write().unwrap_err());

        assert!(error.contains("blocker"), "{error}");
        assert_eq!(fs::read_to_string(&good).unwrap(), "before\n");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }
}
