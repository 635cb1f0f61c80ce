//! Where documents are kept that were fetched: `target/upstream/`, one file for each pin.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

use crate::{disk, document, lock::Lock};

/// The folder of fetched documents; whatever is in it can be fetched again.
#[derive(Clone, Debug)]
pub struct Cache {
    folder: PathBuf,
}

/// The place of one document.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// The file, which is there only when it is whole.
    pub(super) path: PathBuf,
}

impl Cache {
    /// The cache in this folder, which need not be there yet.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
        }
    }

    /// The place of the document that a pin names.
    pub(super) fn entry(&self, lock: &Lock) -> Entry {
        let start = lock.sha256.get(..16).unwrap_or(&lock.sha256);
        Entry {
            path: self.folder.join(format!("{start}-{}", lock.file_name())),
        }
    }

    /// The beginning of a document of which nothing is known but where it comes from.
    pub(super) fn part(&self, commit: &str, file_name: &str) -> PathBuf {
        self.folder.join(format!("{commit}-{file_name}.part"))
    }
}

impl Entry {
    /// The beginning of this document.
    pub(super) fn part(&self) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(".part");
        name.into()
    }

    /// Whether the document is here, byte for byte.
    pub(super) fn holds(&self, lock: &Lock) -> Result<bool> {
        match fs::read(&self.path) {
            Ok(bytes) => {
                Ok(bytes.len() as u64 == lock.bytes && document::sha256(&bytes) == lock.sha256)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => {
                Err(error).with_context(|| format!("failed to read {}", self.path.display()))
            }
        }
    }

    /// Moves a finished download into its place.
    pub(super) fn take(&self, file: &Path) -> Result<()> {
        fs::rename(file, &self.path)
            .with_context(|| format!("failed to move {} into its place", file.display()))
    }

    /// Writes a whole document beside its place and moves it there.
    pub(super) fn put(&self, bytes: &[u8]) -> Result<()> {
        let file = disk::write_beside(&self.path, bytes, None)?;
        disk::persist(file, &self.path)
    }
}

/// Removes a download that turned out to be wrong.
pub(super) fn discard(file: &Path) -> Result<()> {
    fs::remove_file(file).with_context(|| format!("failed to remove {}", file.display()))
}
