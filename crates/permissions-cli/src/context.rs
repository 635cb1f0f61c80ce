//! State that every subcommand uses: options, output, messages, progress and signals.

use std::cell::{Cell, RefCell};
use std::io::{self, BufWriter, IsTerminal as _, Write};

use crate::exit::Exit;
use crate::failure::{Failure, Reporter};
use crate::interrupt::Interrupt;
use crate::options::{ColorChoice, Format, Global};
use crate::output::{
    Changes, Columns, Look, Output, Settings, Text, ensure_stdout, stdout_is_discarded,
    stdout_width,
};
use crate::progress::Progress;
use crate::settings::output_settings;
use crate::style::escape_control;

/// The state of a run of the command.
pub(crate) struct Context {
    pub(crate) global: Global,
    pub(crate) progress: Progress,
    pub(crate) interrupt: Interrupt,
    pub(crate) tally: Tally,
    /// The format of data, if an option or a setting chooses one.
    format: Option<Format>,
    color: ColorChoice,
    reporter: Reporter,
}

impl Context {
    /// Reads the settings of the output. The progress line is shown only if `has_progress` is set.
    pub(crate) fn new(global: Global, has_progress: bool) -> Result<Self, Failure> {
        let (format, color) = output_settings(&global)?;
        let has_progress = has_progress && !global.quiet && global.verbose == 0;
        Ok(Self {
            progress: Progress::new(has_progress),
            interrupt: Interrupt::new(),
            tally: Tally::default(),
            reporter: reporter(&global, format, color),
            format,
            color,
            global,
        })
    }

    /// Opens standard output for rows.
    pub(crate) fn output(&self, columns: Columns) -> Result<Output, Failure> {
        let settings = Settings {
            format: self.format(),
            columns: &self.global.columns,
            jq: self.global.jq.as_deref(),
            jq_rows: self.global.jq_rows.as_deref(),
        };
        Output::new(self.stdout()?, settings, self.look(), columns)
    }

    /// Opens standard output for one row per change.
    pub(crate) fn changes(&self, columns: Columns) -> Result<Changes, Failure> {
        self.output(columns).map(Changes::new)
    }

    /// Opens standard output for lines.
    pub(crate) fn text(&self) -> Result<Text, Failure> {
        Ok(Text::new(self.stdout()?, self.look()))
    }

    /// Whether an option or a setting requires output in rows. If none does, some commands print a layout for people to
    /// read.
    pub(crate) fn wants_rows(&self) -> bool {
        self.format.is_some() || self.has_filter()
    }

    /// Whether the output is a table for people.
    pub(crate) fn wants_table(&self) -> bool {
        !self.has_filter() && self.format() == Format::Table
    }

    /// Whether the output is a table, text or Markdown.
    pub(crate) fn is_for_people(&self) -> bool {
        self.wants_table() || self.wants_markdown()
    }

    /// Whether the output is Markdown.
    pub(crate) fn wants_markdown(&self) -> bool {
        !self.has_filter() && self.format() == Format::Markdown
    }

    pub(crate) fn is_verbose(&self) -> bool {
        self.global.verbose > 0
    }

    /// Prints what was done, if `-v` is set.
    pub(crate) fn note(&self, text: &str) {
        if self.is_verbose() {
            self.say(text);
        }
    }

    /// Prints what was changed, if `-v` is set or standard output is discarded.
    pub(crate) fn note_change(&self, text: String) {
        if self.is_verbose() || stdout_is_discarded() {
            self.note_always(&text);
        }
        self.tally.summaries.borrow_mut().push(text);
    }

    /// Closes the document of changes. If the document cannot be written, the failure contains the changes that were
    /// made.
    pub(crate) fn conclude(
        &self,
        changes: Changes,
        result: Result<Exit, Failure>,
    ) -> Result<Exit, Failure> {
        let written = changes.finish();
        let exit = result?;
        let summaries = self.tally.summaries.borrow().join("; ");
        written.map_err(|failure| failure.after_changes(&summaries))?;
        Ok(exit)
    }

    /// Prints a message, unless `-q` is set.
    pub(crate) fn note_always(&self, text: &str) {
        if !self.global.quiet {
            self.say(text);
        }
    }

    /// Prints a warning, unless `-q` is set.
    pub(crate) fn warn(&self, text: &str) {
        if !self.global.quiet {
            self.progress.suspend(|| self.reporter.warn(text));
        }
    }

    /// Prints an error. The command may continue.
    pub(crate) fn report(&self, failure: &Failure) {
        self.progress.suspend(|| failure.report(self.reporter));
    }

    fn say(&self, text: &str) {
        self.progress
            .suspend(|| self.reporter.line(&escape_control(text)));
    }

    fn format(&self) -> Format {
        let is_terminal = io::stdout().is_terminal();
        self.format.unwrap_or(if is_terminal {
            Format::Table
        } else {
            Format::Plain
        })
    }

    fn has_filter(&self) -> bool {
        let global = &self.global;
        global.jq.is_some() || global.jq_rows.is_some() || !global.columns.is_empty()
    }

    fn look(&self) -> Look {
        let is_terminal = io::stdout().is_terminal();
        Look {
            color: self.color.enabled(is_terminal),
            is_terminal,
            width: if is_terminal { stdout_width() } else { None },
        }
    }

    fn stdout(&self) -> Result<Box<dyn Write>, Failure> {
        ensure_stdout()?;
        let stdout = BesideProgress(self.progress.clone());
        Ok(Box::new(BufWriter::with_capacity(BUFFER, stdout)))
    }
}

/// Chooses whether messages are printed as text or as JSON. `format` is the format of the data on standard output.
pub(crate) fn reporter(global: &Global, format: Option<Format>, color: ColorChoice) -> Reporter {
    let color = color.enabled(io::stderr().is_terminal());
    Reporter::new(global.reports_json(format), color)
}

/// The buffer size of standard output. A large buffer needs fewer system calls.
const BUFFER: usize = 64 << 10;

/// A writer to standard output that hides the progress line during a write.
struct BesideProgress(Progress);

impl Write for BesideProgress {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.suspend(|| {
            let mut stdout = io::stdout().lock();
            stdout.write_all(bytes)?;
            stdout.flush()?;
            Ok(bytes.len())
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The changes of the command, for the message after an interruption.
#[derive(Default)]
pub(crate) struct Tally {
    makes_changes: Cell<bool>,
    /// Total number of changes. 0 until the first change is sent.
    total: Cell<usize>,
    made: Cell<usize>,
    summaries: RefCell<Vec<String>>,
}

impl Tally {
    /// Records that the command is going to make changes.
    pub(crate) fn announce(&self) {
        self.makes_changes.set(true);
    }

    /// Records that the first of `total` changes is sent.
    pub(crate) fn start(&self, total: usize) {
        self.total.set(total);
    }

    /// Records changes that were made.
    pub(crate) fn add(&self, changes: usize) {
        self.made.update(|made| made + changes);
    }

    /// The error after Ctrl-C or SIGTERM.
    pub(crate) fn interrupted(&self) -> Failure {
        let stopped = |message: &str| Failure::new(Exit::Interrupted, message);
        match (self.makes_changes.get(), self.total.get(), self.made.get()) {
            (false, ..) => stopped("stopped before the end"),
            (true, 0, _) => stopped("stopped; nothing was changed"),
            (true, total, made) => stopped(&format!("stopped: {made} of {total} changes made"))
                .remedy(
                    "requests in flight may have made more changes; \
                 run the same command again to make the remaining changes",
                ),
        }
    }
}
