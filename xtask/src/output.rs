//! Atomic writes. The generated files of a run are written together, and only if they changed.

use std::{
    fs,
    io::{self, ErrorKind, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, Error, Result, anyhow, bail};
use similar::TextDiff;
use tempfile::NamedTempFile;

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
        let changes = self.changed()?.into_iter();
        Ok(changes.map(|(change, ..)| change).collect())
    }

    /// Writes the changed files and returns the changes. Other files keep their modification time.
    ///
    /// # Errors
    ///
    /// Returns an error in the cases of [`changes`](Self::changes), or if a file cannot be written.
    /// All new contents are written to temporary files first, so an error before the final renames
    /// leaves every file unchanged.
    pub fn write(&self) -> Result<Vec<Change>> {
        let mut ready = Vec::new();
        for (change, path, text) in self.changed()? {
            ready.push((change, write_beside(path, text.as_bytes())?, path));
        }
        let mut changes = Vec::new();
        for (change, file, path) in ready {
            persist(file, path)?;
            changes.push(change);
        }
        Ok(changes)
    }

    /// Returns each changed file with its change, path and new content.
    fn changed(&self) -> Result<Vec<(Change, &Path, &str)>> {
        let mut changed = Vec::new();
        for (path, text) in &self.files {
            let relative = path.strip_prefix(&self.root).unwrap_or(path).to_owned();
            self.refuse_links(&relative)?;
            let before = read(path)?;
            if before.as_deref() != Some(text) {
                let name = relative.display();
                let (old, new) = (format!("{name} (on disk)"), format!("{name} (regenerated)"));
                let diff = TextDiff::from_lines(before.as_deref().unwrap_or_default(), text);
                let diff = diff.unified_diff().header(&old, &new).to_string();
                let change = Change {
                    path: relative,
                    diff,
                };
                changed.push((change, path.as_path(), text.as_str()));
            }
        }
        Ok(changed)
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

/// Writes a file atomically.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    persist(write_beside(path, bytes)?, path)
}

/// Writes the content for `path` to a temporary file in the same folder, which is created if needed.
///
/// The temporary file has the permissions of the existing file, or else those of a new file.
fn write_beside(path: &Path, bytes: &[u8]) -> Result<NamedTempFile> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(|error| failed("create the folder", folder, &error))?;
    let mut builder = tempfile::Builder::new();
    if let Some(permissions) = permissions(path) {
        builder.permissions(permissions);
    }
    let written = builder.tempfile_in(folder).and_then(|mut file| {
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        Ok(file)
    });
    written.map_err(|error| failed("write", path, &error))
}

/// Moves a temporary file to `path`.
fn persist(file: NamedTempFile, path: &Path) -> Result<()> {
    match file.persist(path) {
        Ok(_) => Ok(()),
        Err(error) => Err(failed("write", path, &error.error)),
    }
}

fn permissions(path: &Path) -> Option<fs::Permissions> {
    let existing = fs::metadata(path).ok();
    let existing = existing.map(|metadata| metadata.permissions());
    // The umask of the process restricts the mode of a new file.
    #[cfg(unix)]
    let existing = existing.or_else(|| Some(std::os::unix::fs::PermissionsExt::from_mode(0o666)));
    existing
}

/// Formats a write error with the target file in place of the temporary file.
fn failed(action: &str, path: &Path, error: &io::Error) -> Error {
    let file = path.display();
    let folder = path.parent().unwrap_or(Path::new(".")).display();
    let reason = match error.kind() {
        ErrorKind::StorageFull => "the disk is full; free some space and try again".to_owned(),
        ErrorKind::QuotaExceeded => {
            "the disk quota is exceeded; free some space and try again".to_owned()
        }
        ErrorKind::ReadOnlyFilesystem => {
            "the file system is read-only; mount it writable, or use a copy elsewhere".to_owned()
        }
        ErrorKind::PermissionDenied => {
            format!("permission denied; make {folder} and its files writable for this user")
        }
        ErrorKind::NotADirectory | ErrorKind::AlreadyExists => {
            "a component of the path is a file and not a folder; remove that file".to_owned()
        }
        ErrorKind::IsADirectory => "it is a folder; remove it".to_owned(),
        kind => kind.to_string(),
    };
    anyhow!("failed to {action} {file}: {reason}")
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

    #[test]
    fn write_error_contains_file_and_remedy_without_temporary_name() {
        let cases = [
            (ErrorKind::StorageFull, "the disk is full; free some space"),
            (
                ErrorKind::ReadOnlyFilesystem,
                "read-only; mount it writable",
            ),
            (
                ErrorKind::PermissionDenied,
                "make openapi and its files writable",
            ),
            (ErrorKind::IsADirectory, "it is a folder; remove it"),
            (ErrorKind::NotADirectory, "remove that file"),
        ];
        for (kind, expected) in cases {
            let error = io::Error::new(kind, "at path \"openapi/.tmp123\"");

            let path = Path::new("openapi/permissions.json");
            let text = failed("write", path, &error).to_string();

            assert!(
                text.starts_with("failed to write openapi/permissions.json: "),
                "{text}"
            );
            assert!(text.contains(expected), "{text}");
            assert!(!text.contains(".tmp"), "{text}");
        }
    }
}
