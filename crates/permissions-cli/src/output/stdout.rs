//! Properties of standard output.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::exit::Exit;
use crate::failure::Failure;

static CLOSED: AtomicBool = AtomicBool::new(false);

/// Records before `main` whether standard output is closed.
///
/// In `main`, this can no longer be detected: the runtime of the standard library opens /dev/null in place of a closed
/// descriptor, and a parent process may have chosen /dev/null too. `inventory` registers items before `main` by calling
/// [`inventory::Collect::registry`]. The implementation below records the state of standard output.
#[cfg(unix)]
struct Probe;

#[cfg(unix)]
impl inventory::Collect for Probe {
    fn registry() -> &'static inventory::Registry {
        static REGISTRY: inventory::Registry = inventory::Registry::new();
        let is_closed = rustix::io::fcntl_getfd(rustix::stdio::stdout()).is_err();
        CLOSED.store(is_closed, Ordering::Relaxed);
        &REGISTRY
    }
}

#[cfg(unix)]
inventory::submit! { Probe }

/// Fails if standard output was closed when the command started.
pub(crate) fn ensure_stdout() -> Result<(), Failure> {
    if CLOSED.load(Ordering::Relaxed) {
        let failure = Failure::new(Exit::Failure, "standard output is closed");
        return Err(failure.remedy("redirect it to a file or to /dev/null"));
    }
    Ok(())
}

/// Whether standard output is the null device.
#[cfg(unix)]
pub(crate) fn stdout_is_discarded() -> bool {
    use std::fs::{self, File};
    use std::io;
    use std::os::fd::AsFd as _;
    use std::os::unix::fs::MetadataExt as _;

    let stdout = io::stdout().as_fd().try_clone_to_owned();
    let stdout = stdout.and_then(|stdout| File::from(stdout).metadata());
    match (stdout, fs::metadata("/dev/null")) {
        (Ok(stdout), Ok(null)) => stdout.rdev() == null.rdev(),
        _ => false,
    }
}

/// Always `false`, because the null device is detected only on Unix.
#[cfg(not(unix))]
pub(crate) fn stdout_is_discarded() -> bool {
    false
}

/// The width of the terminal on standard output. `None` without a terminal.
pub(crate) fn stdout_width() -> Option<usize> {
    #[cfg(unix)]
    let size = terminal_size::terminal_size_of(std::io::stdout());
    #[cfg(not(unix))]
    let size = terminal_size::terminal_size();
    size.map(|(terminal_size::Width(columns), _)| columns.into())
        .filter(|&columns| columns > 0)
}
