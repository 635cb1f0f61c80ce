//! Atomic writes, and error messages for failed writes.

use std::{
    fs,
    io::{self, ErrorKind, Write},
    path::Path,
};

use anyhow::{Error, Result, anyhow};
use tempfile::NamedTempFile;

/// Writes a file atomically.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    persist(write_beside(path, bytes)?, path)
}

/// Writes the content for `path` to a temporary file in the same folder, which is created if needed.
///
/// The temporary file has the permissions of the existing file, or else those of a new file.
pub(crate) fn write_beside(path: &Path, bytes: &[u8]) -> Result<NamedTempFile> {
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
pub(crate) fn persist(file: NamedTempFile, path: &Path) -> Result<()> {
    match file.persist(path) {
        Ok(_) => Ok(()),
        Err(error) => Err(failed("write", path, &error.error)),
    }
}

fn permissions(path: &Path) -> Option<fs::Permissions> {
    let existing = fs::metadata(path)
        .ok()
        .map(|metadata| metadata.permissions());
    #[cfg(unix)]
    let existing = existing.or_else(|| {
        // The umask of the process restricts the mode of a new file.
        Some(std::os::unix::fs::PermissionsExt::from_mode(0o666))
    });
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
            "a folder of the path is a file; remove that file".to_owned()
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
