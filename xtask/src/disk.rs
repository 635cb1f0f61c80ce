//! Writing to disk: beside the target first, and failures in words that name the file and the remedy.

use std::{
    fs,
    io::{self, ErrorKind, Write},
    path::Path,
};

use anyhow::{Error, Result, anyhow};
use tempfile::NamedTempFile;

/// Creates a folder and those above it, unless they are there.
pub(crate) fn create_folder(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).map_err(|error| failed("create the folder", folder, &error))
}

/// Writes all of a file that is to be persisted at `path`, beside it.
pub(crate) fn write_beside(
    path: &Path,
    bytes: &[u8],
    permissions: Option<fs::Permissions>,
) -> Result<NamedTempFile> {
    let folder = path.parent().unwrap_or(Path::new("."));
    create_folder(folder)?;
    let mut builder = tempfile::Builder::new();
    if let Some(permissions) = permissions {
        builder.permissions(permissions);
    }
    let written = builder.tempfile_in(folder).and_then(|mut file| {
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        Ok(file)
    });
    written.map_err(|error| unwritable(path, &error))
}

/// Moves what was written beside `path` into its place.
pub(crate) fn persist(file: NamedTempFile, path: &Path) -> Result<()> {
    match file.persist(path) {
        Ok(_) => Ok(()),
        Err(error) => Err(unwritable(path, &error.error)),
    }
}

/// Why a file could not be written. What a library says of the temporary file beside it helps nobody.
pub(crate) fn unwritable(path: &Path, error: &io::Error) -> Error {
    failed("write", path, error)
}

fn failed(what: &str, path: &Path, error: &io::Error) -> Error {
    let file = path.display();
    let folder = path.parent().unwrap_or(Path::new(".")).display();
    let reason = match error.kind() {
        ErrorKind::StorageFull => "the disk is full; free some space and run this again".to_owned(),
        ErrorKind::QuotaExceeded => {
            "your share of the disk is used up; free some space and run this again".to_owned()
        }
        ErrorKind::ReadOnlyFilesystem => {
            "its file system is read-only; mount it writable, or work on a copy elsewhere"
                .to_owned()
        }
        ErrorKind::PermissionDenied => {
            format!("you may not write there; make {folder} and what is in it writable for you")
        }
        ErrorKind::NotADirectory | ErrorKind::AlreadyExists => {
            "there is a file where a folder must be; move that file away".to_owned()
        }
        ErrorKind::IsADirectory => "there is a folder of that name; move it away".to_owned(),
        kind => kind.to_string(),
    };
    anyhow!("failed to {what} {file}: {reason}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_names_the_file_and_the_remedy_and_nothing_temporary() {
        let cases = [
            (ErrorKind::StorageFull, "the disk is full; free some space"),
            (
                ErrorKind::ReadOnlyFilesystem,
                "read-only; mount it writable",
            ),
            (
                ErrorKind::PermissionDenied,
                "make openapi and what is in it writable",
            ),
            (
                ErrorKind::IsADirectory,
                "a folder of that name; move it away",
            ),
            (ErrorKind::NotADirectory, "move that file away"),
        ];
        for (kind, expected) in cases {
            let error = io::Error::new(kind, "at path \"openapi/.tmp123\"");

            let text = unwritable(Path::new("openapi/permissions.json"), &error).to_string();

            assert!(
                text.starts_with("failed to write openapi/permissions.json: "),
                "{text}"
            );
            assert!(text.contains(expected), "{text}");
            assert!(!text.contains(".tmp"), "{text}");
        }
    }
}
