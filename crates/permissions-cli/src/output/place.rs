//! Where standard output leads.

/// Whether nobody will see what is written: it goes to the null device.
pub(crate) fn is_discarded() -> bool {
    imp::null_device()
}

/// Whether standard output seems to be closed. The standard library puts the null device in its place, opened for
/// reading and writing, as a shell's `> /dev/null` is not.
pub(crate) fn is_lost() -> bool {
    imp::null_device() && imp::readable()
}

#[cfg(unix)]
mod imp {
    use std::fs::{self, File};
    use std::io;
    use std::os::fd::AsFd as _;
    use std::os::unix::fs::MetadataExt as _;

    use rustix::fs::{OFlags, fcntl_getfl};

    pub(super) fn null_device() -> bool {
        let out = io::stdout().as_fd().try_clone_to_owned();
        let out = out.and_then(|out| File::from(out).metadata());
        match (out, fs::metadata("/dev/null")) {
            (Ok(out), Ok(null)) => out.rdev() == null.rdev(),
            _ => false,
        }
    }

    pub(super) fn readable() -> bool {
        fcntl_getfl(io::stdout()).is_ok_and(|flags| flags.contains(OFlags::RDWR))
    }
}

#[cfg(not(unix))]
mod imp {
    pub(super) fn null_device() -> bool {
        false
    }

    pub(super) fn readable() -> bool {
        false
    }
}
