//! The progress line on standard error, shown only on a terminal.

use std::io::{self, IsTerminal as _};

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use permissions_ext::{Event, Progress as Step};

use crate::progress_terminal::Terminal;

/// Eight redraws per second look smooth and cost little.
const REDRAW: Duration = Duration::from_millis(125);

/// The progress line. Clones share it.
#[derive(Clone)]
pub(crate) struct Progress {
    bar: ProgressBar,
    started: Instant,
}

impl Progress {
    /// Creates the line, hidden unless standard error is a terminal.
    pub(crate) fn new(visible: bool) -> Self {
        let bar = if visible && io::stderr().is_terminal() {
            let style = ProgressStyle::with_template("{spinner} {msg}")
                .unwrap_or_else(|_| ProgressStyle::default_spinner());
            let target = ProgressDrawTarget::term_like(Box::new(Terminal));
            let bar = ProgressBar::with_draw_target(None, target)
                .with_style(style)
                .with_message("starting");
            bar.enable_steady_tick(REDRAW);
            bar
        } else {
            ProgressBar::hidden()
        };
        Self {
            bar,
            started: Instant::now(),
        }
    }

    /// Counts the permissions that a list has read.
    pub(crate) fn observe(&self, event: &Event<'_>) {
        if let Event::Page {
            checkpoint: Some(_),
            items,
            ..
        } = event
        {
            self.bar.inc(*items as u64);
            let read = self.bar.position();
            let seconds = self.started.elapsed().as_secs_f64().max(0.001);
            let rate = read as f64 / seconds;
            self.bar
                .set_message(format!("{read} permissions read, {rate:.0}/s"));
        }
    }

    /// Shows how many `things` are done, and how long the client waits for the rate limit of the API.
    pub(crate) fn show(&self, step: &Step, things: &str) {
        let (done, total) = (step.done, step.total);
        self.bar.set_message(match step.waiting {
            Some(waiting) => format!(
                "waiting {} s for the API's rate limit ({done} of {total} {things})",
                waiting.as_secs_f64().ceil()
            ),
            None => format!("{done} of {total} {things}"),
        });
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
        self.bar.suspend(write)
    }

    /// Removes the line.
    pub(crate) fn end(&self) {
        self.bar.finish_and_clear();
    }
}
