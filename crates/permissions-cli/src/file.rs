//! Reading and writing files.
//!
//! Reads are limited, because a device may never end. Writes go to a temporary file that is then renamed, so a file is
//! written completely or not at all. Pipes and devices are written directly, and symbolic links are followed.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write as _};
use std::path::Path;

use tempfile::NamedTempFile;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::ensure_stdout;

/// The size limit of lists, manifests and plans: 64 MiB, because 100,000 permissions are about 10 MiB.
pub(crate) const MAX_BYTES: u64 = 64 << 20;

const STDIO: &str = "-";

/// Whether the path is `-`, which means standard input or output.
pub(crate) fn is_stdio(path: &Path) -> bool {
    path == Path::new(STDIO)
}

/// Reads a file, or standard input if the path is `-`. Fails if there are more than `max` bytes.
pub(crate) fn read(path: &Path, max: u64) -> io::Result<String> {
    if is_stdio(path) {
        read_limited(io::stdin().lock(), max)
    } else {
        read_limited(File::open(path)?, max)
    }
}

/// The name of a file in an error message.
pub(crate) fn name(path: &Path) -> String {
    if is_stdio(path) {
        "standard input".to_owned()
    } else {
        path.display().to_string()
    }
}

/// Writes to standard output.
pub(crate) fn write_stdout(text: &str) -> Result<(), Failure> {
    ensure_stdout()?;
    let mut stdout = io::stdout();
    stdout.write_all(text.as_bytes())?;
    Ok(stdout.flush()?)
}

/// Writes a file, and replaces an existing one.
pub(crate) fn replace(path: &Path, text: &str) -> Result<(), Failure> {
    // Canonicalization fails if the file does not exist yet.
    let target = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let is_file = target.metadata().map_or(true, |found| found.is_file());
    let written = if is_file {
        temporary(&target, text)
            .and_then(|file| {
                if let Ok(found) = target.metadata() {
                    file.as_file().set_permissions(found.permissions())?;
                }
                file.persist(&target).map_err(|error| error.error)
            })
            .map(drop)
    } else {
        OpenOptions::new()
            .write(true)
            .open(&target)
            .and_then(|mut sink| sink.write_all(text.as_bytes()))
    };
    written.map_err(|error| write_failure(path, &error))
}

/// Writes to a file, or to standard output if the path is `-`. An existing file is replaced only if it starts with
/// `start`, ignoring case: the command wrote such a file itself. A file with another start may be an input of the
/// command.
pub(crate) fn renew(path: &Path, text: &str, start: &str) -> Result<(), Failure> {
    if is_stdio(path) {
        return write_stdout(text);
    }
    if path.is_file() && !starts_with(path, start) {
        let message = format!(
            "failed to write {}: the file exists and was not written by this command before",
            path.display()
        );
        return Err(Failure::usage(message).remedy("choose another name, or move the file away"));
    }
    replace(path, text)
}

/// Writes a new file. Fails if the file exists.
pub(crate) fn create(path: &Path, text: &str) -> Result<(), Failure> {
    temporary(path, text)
        .and_then(|file| file.persist_noclobber(path).map_err(|error| error.error))
        .map(drop)
        .map_err(|error| {
            let failure = write_failure(path, &error);
            if error.kind() == io::ErrorKind::AlreadyExists {
                failure.remedy("choose another name, or move the file away")
            } else {
                failure
            }
        })
}

/// Whether a file is empty or starts with the text, ignoring case. False if the file cannot be read.
fn starts_with(path: &Path, start: &str) -> bool {
    let mut found = Vec::new();
    let read =
        File::open(path).and_then(|file| file.take(start.len() as u64).read_to_end(&mut found));
    read.is_ok() && (found.is_empty() || found.eq_ignore_ascii_case(start.as_bytes()))
}

fn read_limited(from: impl Read, max: u64) -> io::Result<String> {
    let mut bytes = Vec::new();
    from.take(max + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > max {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            format!("it has more than {max} bytes"),
        ));
    }
    String::from_utf8(bytes)
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not valid UTF-8"))
}

/// Writes a temporary file in the folder of `path`.
fn temporary(path: &Path, text: &str) -> io::Result<NamedTempFile> {
    let folder = match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // tempfile's default of 0600 would hide the file from other users. The umask still applies.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.prefix(".permissions-").tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    Ok(file)
}

/// Describes a failed write without the name of the temporary file.
fn write_failure(path: &Path, error: &io::Error) -> Failure {
    let reason = match (error.kind(), error.raw_os_error()) {
        (io::ErrorKind::NotFound, _) => "the folder does not exist".to_owned(),
        (_, Some(_)) => error.to_string(),
        (kind, None) => kind.to_string(),
    };
    let message = format!("failed to write {}: {reason}", path.display());
    let failure = Failure::new(Exit::Failure, message);
    match error.kind() {
        io::ErrorKind::NotFound => failure.remedy("create the folder, or choose another one"),
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            failure.remedy("choose a folder that you can write to")
        }
        _ => failure,
    }
}

#[cfg(test)]
mod tests {
    #[cfg(unix)]
    use std::os::unix::fs::{FileTypeExt as _, symlink};

    use super::*;

    #[cfg(unix)]
    #[test]
    fn write_through_symbolic_link_keeps_link() {
        let folder = tempfile::tempdir().unwrap();
        let (target, link) = (folder.path().join("target"), folder.path().join("link"));
        std::fs::write(&target, "before").unwrap();
        symlink(&target, &link).unwrap();

        replace(&link, "after").unwrap();

        assert_eq!(std::fs::read_to_string(&target).unwrap(), "after");
        assert!(link.symlink_metadata().unwrap().is_symlink());
    }

    #[cfg(unix)]
    #[test]
    fn endless_device_read_stops_at_limit() {
        let endless = read(Path::new("/dev/zero"), 1000).unwrap_err();

        assert_eq!(endless.to_string(), "it has more than 1000 bytes");
    }

    #[cfg(unix)]
    #[test]
    fn device_is_written_directly_and_stays_a_device() {
        let device = Path::new("/dev/full");

        let failure = replace(device, "text").unwrap_err();

        assert!(device.metadata().unwrap().file_type().is_char_device());
        assert!(format!("{failure:?}").contains("/dev/full"), "{failure:?}");
    }
}
