//! Files are written whole or not at all: beside their place, then moved into it.

use std::io::{self, Write as _};
use std::path::Path;

use tempfile::NamedTempFile;

use crate::exit::Exit;
use crate::failure::Failure;

/// Writes a file in place of any that is there.
pub(crate) fn replace(path: &Path, text: &str) -> Result<(), Failure> {
    prepared(path, text)
        .and_then(|file| file.persist(path).map_err(|error| error.error))
        .map(drop)
        .map_err(|error| failed(path, &error))
}

/// Writes a file that is not there yet.
pub(crate) fn create(path: &Path, text: &str) -> Result<(), Failure> {
    prepared(path, text)
        .and_then(|file| file.persist_noclobber(path).map_err(|error| error.error))
        .map(drop)
        .map_err(|error| {
            let failure = failed(path, &error);
            if error.kind() == io::ErrorKind::AlreadyExists {
                failure.remedy("choose another name, or move the file away")
            } else {
                failure
            }
        })
}

fn prepared(path: &Path, text: &str) -> io::Result<NamedTempFile> {
    let folder = match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // As any program would make it; the umask still applies.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.prefix(".permissions-").tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    Ok(file)
}

fn failed(path: &Path, error: &io::Error) -> Failure {
    Failure::new(
        Exit::Failure,
        format!("failed to write {}: {error}", path.display()),
    )
}
