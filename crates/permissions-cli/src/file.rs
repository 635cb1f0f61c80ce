//! Files are read up to a limit, as a device may never end. They are written whole or not at all: beside their place,
//! then moved into it. What is no file (a pipe, a device) is written to as it is, and a symbolic link goes on leading
//! where it led.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write as _};
use std::path::Path;

use tempfile::NamedTempFile;

use crate::exit::Exit;
use crate::failure::Failure;

/// More bytes than any list, manifest or plan has.
pub(crate) const MOST: u64 = 64 << 20;

/// The text of a file, or of standard input where the path is `-`; an error where it has more than `most` bytes.
pub(crate) fn read(path: &Path, most: u64) -> io::Result<String> {
    if path == Path::new("-") {
        read_up_to(io::stdin().lock(), most)
    } else {
        read_up_to(File::open(path)?, most)
    }
}

/// What a file is called in an error.
pub(crate) fn name(path: &Path) -> String {
    if path == Path::new("-") {
        "standard input".to_owned()
    } else {
        path.display().to_string()
    }
}

/// Writes a file in place of any that is there.
pub(crate) fn replace(path: &Path, text: &str) -> Result<(), Failure> {
    // A path that leads nowhere yet is a file to be made.
    let target = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let is_file = target.metadata().map_or(true, |found| found.is_file());
    let written = if is_file {
        prepared(&target, text)
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
    written.map_err(|error| failed(path, &error))
}

/// Writes a file in place of one that was written by the same option before; anything else that is there may be what
/// the command was to read, and stays. A file of that kind starts with `start`, in letters of either case.
pub(crate) fn renew(path: &Path, text: &str, start: &str) -> Result<(), Failure> {
    if path.is_file() && !starts_with(path, start) {
        let message = format!(
            "failed to write {}: another file is there, which was not written by this option",
            path.display()
        );
        return Err(
            Failure::new(Exit::Usage, message).remedy("choose another name, or move the file away")
        );
    }
    replace(path, text)
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

/// Whether a file is empty or starts so; one that cannot be read does not.
fn starts_with(path: &Path, start: &str) -> bool {
    let mut found = Vec::new();
    let read =
        File::open(path).and_then(|file| file.take(start.len() as u64).read_to_end(&mut found));
    read.is_ok() && (found.is_empty() || found.eq_ignore_ascii_case(start.as_bytes()))
}

fn read_up_to(from: impl Read, most: u64) -> io::Result<String> {
    let mut bytes = Vec::new();
    from.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            format!("there are more than {most} bytes in it"),
        ));
    }
    String::from_utf8(bytes)
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not valid UTF-8"))
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

/// The name of the file beside it, which was tried, is left out.
fn failed(path: &Path, error: &io::Error) -> Failure {
    let reason = match (error.kind(), error.raw_os_error()) {
        (io::ErrorKind::NotFound, _) => "there is no such folder".to_owned(),
        (_, Some(_)) => error.to_string(),
        (kind, None) => kind.to_string(),
    };
    let failure = Failure::new(
        Exit::Failure,
        format!("failed to write {}: {reason}", path.display()),
    );
    match error.kind() {
        io::ErrorKind::NotFound => failure.remedy("make it first, or name another place"),
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            failure.remedy("name a place that you may write to")
        }
        _ => failure,
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{FileTypeExt as _, symlink};

    use super::*;

    #[test]
    fn a_symbolic_link_goes_on_leading_where_it_led() {
        let folder = tempfile::tempdir().unwrap();
        let (target, link) = (folder.path().join("target"), folder.path().join("link"));
        std::fs::write(&target, "before").unwrap();
        symlink(&target, &link).unwrap();

        replace(&link, "after").unwrap();

        assert_eq!(std::fs::read_to_string(&target).unwrap(), "after");
        assert!(link.symlink_metadata().unwrap().is_symlink());
    }

    #[test]
    fn what_never_ends_is_not_read_for_ever() {
        let endless = read(Path::new("/dev/zero"), 1000).unwrap_err();

        assert_eq!(endless.to_string(), "there are more than 1000 bytes in it");
    }

    #[test]
    fn a_device_is_written_to_and_stays_one() {
        let device = Path::new("/dev/full");

        let failure = replace(device, "text").unwrap_err();

        assert!(device.metadata().unwrap().file_type().is_char_device());
        assert!(format!("{failure:?}").contains("/dev/full"), "{failure:?}");
    }
}
