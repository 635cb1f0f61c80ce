//! How far a download is, for whoever watches.

use std::{
    io::{IsTerminal, stderr},
    time::{Duration, Instant},
};

/// Told how much of a download is here, and how much it is in all where the server said so.
pub type Progress<'a> = &'a mut dyn FnMut(u64, Option<u64>);

/// One line that is written over and over on standard error, where that is a terminal.
///
/// It is gone when this is dropped.
#[derive(Debug, Default)]
pub struct ProgressLine {
    shown: Option<Instant>,
}

impl ProgressLine {
    /// Shows how far the download is, ten times a second at most.
    #[allow(clippy::print_stderr)]
    pub fn show(&mut self, here: u64, all: Option<u64>) {
        let recent = |shown: Instant| shown.elapsed() < Duration::from_millis(100);
        if !stderr().is_terminal() || self.shown.is_some_and(recent) {
            return;
        }
        self.shown = Some(Instant::now());
        let all = all.map_or_else(String::new, |all| format!(" of {}", megabytes(all)));
        eprint!("\r\x1b[Kdownloading: {}{all}", megabytes(here));
    }
}

impl Drop for ProgressLine {
    #[allow(clippy::print_stderr)]
    fn drop(&mut self) {
        if self.shown.is_some() {
            eprint!("\r\x1b[K");
        }
    }
}

fn megabytes(bytes: u64) -> String {
    format!("{}.{} MB", bytes / 1_000_000, bytes / 100_000 % 10)
}
