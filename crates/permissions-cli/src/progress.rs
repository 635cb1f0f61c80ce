//! The progress line on standard error, shown only on a terminal.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use permissions_ext::{Event, Progress as Step};

use crate::output::shorten;

/// Eight redraws per second look smooth and cost little.
const REDRAW: Duration = Duration::from_millis(125);

/// Columns that stay free for `^C`, which the terminal prints at the cursor. If the line were full, `^C` would move the
/// cursor to the next line, and the progress line could not be cleared.
const FREE: usize = 3;

/// The ANSI sequence that clears the line.
const CLEAR: &str = "\r\x1b[2K";

/// The progress line. Clones share it.
#[derive(Clone)]
pub(crate) struct Progress(Arc<Mutex<Line>>);

struct Line {
    is_visible: bool,
    message: String,
    drawn_at: Option<Instant>,
    started_at: Instant,
    /// Number of permissions that lists have read.
    read: usize,
}

impl Line {
    /// Writes the message. Failures are ignored, because the command does not depend on its progress line.
    fn draw(&mut self) {
        if self.is_visible {
            let size = terminal_size::terminal_size_of(io::stderr());
            let width = size.map_or(80, |(width, _)| usize::from(width.0));
            let text = shorten(&self.message, width.saturating_sub(FREE));
            let _ = write!(io::stderr(), "{CLEAR}{text}");
            self.drawn_at = Some(Instant::now());
        }
    }

    fn clear(&self) {
        if self.is_visible && self.drawn_at.is_some() {
            let _ = write!(io::stderr(), "{CLEAR}");
        }
    }
}

impl Progress {
    /// Creates the line, hidden unless standard error is a terminal.
    pub(crate) fn new(visible: bool) -> Self {
        let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        Self(Arc::new(Mutex::new(Line {
            is_visible: visible && io::stderr().is_terminal() && !is_dumb,
            message: String::new(),
            drawn_at: None,
            started_at: Instant::now(),
            read: 0,
        })))
    }

    /// Counts the permissions that a list has read.
    pub(crate) fn observe(&self, event: &Event<'_>) {
        if let Event::Page {
            checkpoint: Some(_),
            items: items @ 1..,
            ..
        } = event
        {
            let mut line = self.line();
            line.read += items;
            let seconds = line.started_at.elapsed().as_secs_f64().max(0.001);
            let rate = line.read as f64 / seconds;
            let message = format!("{} permissions read, {rate:.0}/s", line.read);
            Self::set(line, message, false);
        }
    }

    /// Shows how many `things` are done, and how long the client waits for the rate limit of the API.
    pub(crate) fn show(&self, step: &Step, things: &str) {
        let (done, total) = (step.done, step.total);
        let message = match step.waiting {
            Some(waiting) => format!(
                "waiting {} s for the API's rate limit ({done} of {total} {things})",
                waiting.as_secs_f64().ceil()
            ),
            None => format!("{done} of {total} {things}"),
        };
        // A wait is shown at once, because the next message may follow only after the wait.
        Self::set(self.line(), message, step.waiting.is_some());
    }

    /// Returns a callback that shows the progress of a call.
    pub(crate) fn callback(
        &self,
        things: &'static str,
    ) -> impl Fn(&Step) + Send + Sync + 'static + use<> {
        let progress = self.clone();
        move |step| progress.show(step, things)
    }

    /// Hides the line while `write` writes to the terminal.
    pub(crate) fn suspend<T>(&self, write: impl FnOnce() -> T) -> T {
        let mut line = self.line();
        line.clear();
        let result = write();
        if line.drawn_at.is_some() {
            line.draw();
        }
        result
    }

    /// Removes the line.
    pub(crate) fn end(&self) {
        let mut line = self.line();
        line.clear();
        line.is_visible = false;
    }

    fn set(mut line: MutexGuard<'_, Line>, message: String, at_once: bool) {
        line.message = message;
        let is_due = line.drawn_at.is_none_or(|at| at.elapsed() >= REDRAW);
        if at_once || is_due {
            line.draw();
        }
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
