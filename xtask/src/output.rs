//! Writes the generated files of a run together, and only if they changed.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use similar::TextDiff;

use crate::disk;

/// Files to write together.
#[derive(Debug)]
pub struct Output {
    root: PathBuf,
    files: Vec<(PathBuf, String)>,
}

/// A file whose content on disk differs from the output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Path of the file, relative to the root of the output if the root contains it.
    pub path: PathBuf,
    /// Unified diff from the file on disk to the output.
    pub diff: String,
}

impl Output {
    /// Returns an empty output for files below `root`.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self {
            root: root.into(),
            files: Vec::new(),
        }
    }

    /// Adds a file with its complete content.
    pub fn file(&mut self, path: impl Into<PathBuf>, text: impl Into<String>) {
        self.files.push((path.into(), text.into()));
    }

    /// Returns the files whose content on disk differs.
    ///
    /// # Errors
    ///
    /// Returns an error if a file cannot be read, or if the file or a folder between it and the root
    /// is a symbolic link. Writing through a link would change files outside of the workspace.
    pub fn changes(&self) -> Result<Vec<Change>> {
        let mut changes = Vec::new();
        for (path, text) in &self.files {
            let relative = path.strip_prefix(&self.root).unwrap_or(path);
            self.refuse_links(relative)?;
            let before = read(path)?;
            if before.as_deref() != Some(text) {
                changes.push(Change {
                    path: relative.to_owned(),
                    diff: diff(relative, before.as_deref(), text),
                });
            }
        }
        Ok(changes)
    }

    /// Writes the changed files and returns the changes. Other files keep their modification time.
    ///
    /// # Errors
    ///
    /// Returns an error in the cases of [`changes`](Self::changes), or if a file cannot be written.
    /// All new contents are written to temporary files first, so an error before the final renames
    /// leaves every file unchanged.
    pub fn write(&self) -> Result<Vec<Change>> {
        let changes = self.changes()?;
        let mut ready = Vec::new();
        for (path, text) in &self.files {
            let relative = path.strip_prefix(&self.root).unwrap_or(path);
            if changes.iter().any(|change| change.path == relative) {
                ready.push((disk::write_beside(path, text.as_bytes())?, path));
            }
        }
        for (file, path) in ready {
            disk::persist(file, path)?;
        }
        Ok(changes)
    }

    fn refuse_links(&self, relative: &Path) -> Result<()> {
        let mut path = self.root.clone();
        for part in relative {
            path.push(part);
            match fs::symlink_metadata(&path) {
                Ok(metadata) if metadata.is_symlink() => bail!(
                    "{} is a symbolic link, and generated files are not written through links; \
                     replace it by a file or folder",
                    path.display()
                ),
                Ok(_) => {}
                Err(_) => break,
            }
        }
        Ok(())
    }
}

/// Reads a text file, if it exists.
///
/// # Errors
///
/// Returns an error if the file exists but cannot be read.
pub fn read(path: &Path) -> Result<Option<String>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("failed to read {}", path.display())),
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
    fn write_changes_only_files_that_differ() {
        let folder = tempfile::tempdir().unwrap();
        let (same, other) = (folder.path().join("same"), folder.path().join("other"));
        fs::write(&same, "a\n").unwrap();
        fs::write(&other, "b\n").unwrap();
        let long_ago = std::time::SystemTime::UNIX_EPOCH;
        fs::File::open(&same)
            .unwrap()
            .set_modified(long_ago)
            .unwrap();

        let mut output = Output::new(folder.path());
        output.file(&same, "a\n");
        output.file(&other, "c\n");
        let changes = output.write().unwrap();

        assert_eq!(changes.len(), 1);
        assert_eq!(changes[0].path, Path::new("other"));
        assert!(changes[0].diff.contains("-b\n+c\n"), "{}", changes[0].diff);
        assert_eq!(fs::read_to_string(&other).unwrap(), "c\n");
        assert_eq!(fs::metadata(&same).unwrap().modified().unwrap(), long_ago);
        assert_eq!(output.changes().unwrap(), []);
    }

    #[test]
    fn failed_write_leaves_files_unchanged() {
        let folder = tempfile::tempdir().unwrap();
        let (good, blocker) = (folder.path().join("good"), folder.path().join("blocker"));
        fs::write(&good, "before\n").unwrap();
        fs::write(&blocker, "this path must be a folder").unwrap();

        let mut output = Output::new(folder.path());
        output.file(&good, "after\n");
        output.file(blocker.join("bad"), "x");
        let error = format!("{:#}", output.write().unwrap_err());

        assert!(error.contains("blocker"), "{error}");
        assert_eq!(fs::read_to_string(&good).unwrap(), "before\n");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[cfg(unix)]
    #[test]
    fn symlinked_file_or_folder_is_refused() {
        use std::os::unix::fs::symlink;

        let elsewhere = tempfile::tempdir().unwrap();
        let target = elsewhere.path().join("generated.rs");
        fs::write(&target, "theirs\n").unwrap();
        for link in ["src/generated.rs", "src"] {
            let folder = tempfile::tempdir().unwrap();
            let link = folder.path().join(link);
            fs::create_dir_all(link.parent().unwrap()).unwrap();
            if link.ends_with("src") {
                symlink(elsewhere.path(), &link).unwrap();
            } else {
                symlink(&target, &link).unwrap();
            }
            let mut output = Output::new(folder.path());
            output.file(folder.path().join("src/generated.rs"), "ours\n");

            let error = output.write().unwrap_err().to_string();

            assert!(error.contains("is a symbolic link"), "{error}");
            assert_eq!(fs::read_to_string(&target).unwrap(), "theirs\n");
        }
    }
}
