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
    use std::io;
    use std::os::unix::fs::MetadataExt as _;

    use rustix::fs::{OFlags, fcntl_getfl, fstat};

    pub(super) fn null_device() -> bool {
        let null = std::fs::metadata("/dev/null").map(|found| found.rdev());
        matches!((fstat(io::stdout()), null), (Ok(out), Ok(null)) if u64::from(out.st_rdev) == null)
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
