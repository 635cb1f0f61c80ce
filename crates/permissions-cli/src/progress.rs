//! How far it is, on a terminal and nowhere else.

use std::io::{self, IsTerminal as _};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use permissions_ext::Event;

use crate::cli::Global;

const REDRAW: Duration = Duration::from_millis(120);

/// A line on standard error that says how much was read, and how fast. Cheap to clone: clones are
/// the same line.
#[derive(Clone)]
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// Hidden unless there is a terminal, and nobody asked for silence or for more words.
    pub(crate) fn new(global: &Global) -> Self {
        if global.quiet || global.verbose > 0 || !io::stderr().is_terminal() {
            return Self::hidden();
        }
        let style = ProgressStyle::with_template("{spinner} {pos} permissions read, {per_sec}")
            .unwrap_or_else(|_| ProgressStyle::default_spinner());
        let bar = ProgressBar::new_spinner().with_style(style);
        bar.enable_steady_tick(REDRAW);
        Self(bar)
    }

    /// For what is done at once.
    pub(crate) fn hidden() -> Self {
        Self(ProgressBar::hidden())
    }

    /// Takes note of what the client did.
    pub(crate) fn observe(&self, event: &Event<'_>) {
        if let Event::Page { items, .. } = event {
            self.0.inc(*items as u64);
        }
    }

    /// Lets somebody else write to the terminal.
    pub(crate) fn aside<T>(&self, write: impl FnOnce() -> T) -> T {
        self.0.suspend(write)
    }

    /// Makes room for data, where that goes to the terminal too: it is progress enough.
    pub(crate) fn make_room(&self) {
        if io::stdout().is_terminal() {
            self.end();
        }
    }

    /// Takes the line away.
    pub(crate) fn end(&self) {
        self.0.finish_and_clear();
    }
}
