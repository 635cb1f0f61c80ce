//! One file a command: its arguments and what it does.

pub(crate) mod apply;
pub(crate) mod audit;
pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod doctor;
pub(crate) mod export;
pub(crate) mod list;
pub(crate) mod man;
pub(crate) mod plan;
pub(crate) mod schema;
pub(crate) mod serve;

use std::io::{self, Write as _};
use std::path::PathBuf;

use clap::ValueHint;
use tokio::runtime::{Builder, Runtime};

use crate::cli::{Cli, Command, Global, Talk};
use crate::exit::Exit;
use crate::failure::{Failure, Voice};
use crate::interrupt::Interrupt;
use crate::manifest::Manifest;
use crate::output::{Changes, Columns, Format, Output, Settings, Text, is_discarded, is_lost};
use crate::progress::Progress;
use crate::session::Session;

/// Does what the command line says.
pub(crate) fn run(cli: Cli) -> Result<Exit, Failure> {
    let context = Context {
        voice: Voice::of(&cli.global),
        progress: match &cli.command {
            Command::Talk(_) => Progress::new(&cli.global),
            _ => Progress::hidden(),
        },
        interrupt: Interrupt::new(),
        global: cli.global,
    };
    match cli.command {
        Command::Check(args) => check::run(&args, &context),
        Command::Schema(_) => schema::run(),
        Command::Completions(args) => completions::run(&args),
        Command::Man(args) => man::run(&args),
        Command::Doctor(args) => {
            runtime(Builder::new_current_thread())?.block_on(doctor::run(args, &context))
        }
        Command::Serve(args) => {
            runtime(Builder::new_multi_thread())?.block_on(serve::run(args, &context))
        }
        Command::Talk(command) => {
            let done =
                runtime(Builder::new_current_thread())?.block_on(in_session(command, &context));
            if done.is_ok() && is_lost() {
                context.tell_people("nothing can be read of it: standard output is closed");
            }
            done
        }
    }
}

async fn in_session(command: Talk, context: &Context) -> Result<Exit, Failure> {
    let may_begin = matches!(command, Talk::Create(_) | Talk::Apply(_));
    let session = Session::open(&context.global, &context.progress, may_begin).await?;
    let finishing = || {
        context.tell_people("finishing what is under way; asked again, it stops at once");
    };
    // In this order: what was done is told before anything else can stop it.
    let done = tokio::select! {
        biased;
        done = talk(command, context, &session) => done,
        () = context.interrupt.at_once(finishing) => Err(Failure::interrupted()),
    };
    let done = done.map_err(|failure| session.explain(failure));
    session.close().await;
    context.progress.end();
    done
}

async fn talk(command: Talk, context: &Context, session: &Session) -> Result<Exit, Failure> {
    match command {
        Talk::List(args) => list::run(args, context, session).await,
        Talk::Create(args) => create::run(args, context, session).await,
        Talk::Delete(args) => delete::run(args, context, session).await,
        Talk::Plan(args) => plan::run(args, context, session).await,
        Talk::Apply(args) => apply::run(args, context, session).await,
        Talk::Export(args) => export::run(args, context, session).await,
        Talk::Audit(args) => audit::run(args, context, session).await,
    }
}

fn runtime(mut builder: Builder) -> Result<Runtime, Failure> {
    builder
        .enable_all()
        .build()
        .map_err(|error| Failure::new(Exit::Failure, format!("failed to start: {error}")))
}

/// What every command needs beside its own arguments.
pub(crate) struct Context {
    global: Global,
    voice: Voice,
    progress: Progress,
    interrupt: Interrupt,
}

impl Context {
    /// Where the command's rows go.
    fn output(&self, columns: Columns) -> Result<Output, Failure> {
        self.progress.make_room();
        let settings = Settings {
            format: self.global.format,
            color: self.global.color,
            columns: &self.global.columns,
            jq: self.global.jq.as_deref(),
        };
        Output::stdout(settings, columns)
    }

    /// Where rows that tell of changes go.
    fn changes(&self, columns: Columns) -> Result<Changes, Failure> {
        self.output(columns).map(Changes::new)
    }

    /// Where the command's lines for people go.
    fn text(&self) -> Text {
        self.progress.make_room();
        Text::stdout(self.global.color)
    }

    /// Whether rows are asked for, rather than what suits people best.
    fn wants_rows(&self) -> bool {
        self.global.format.is_some() || self.global.jq.is_some() || !self.global.columns.is_empty()
    }

    /// Whether a table is asked for, or suits standard output.
    fn wants_table(&self) -> bool {
        self.global.jq.is_none()
            && self.global.columns.is_empty()
            && self.global.format.unwrap_or_else(Format::fitting) == Format::Table
    }

    fn is_verbose(&self) -> bool {
        self.global.verbose > 0
    }

    /// Says on standard error what was done, where `-v` asks for it.
    fn note(&self, text: &str) {
        if self.is_verbose() {
            self.progress.aside(|| say(text));
        }
    }

    /// Says on standard error what was changed, where `-v` asks for it or nobody reads standard output.
    fn note_change(&self, text: &str) {
        if self.is_verbose() || is_discarded() {
            self.tell_people(text);
        }
    }

    /// Says on standard error what it comes to, unless `-q` asks for silence.
    fn tell_people(&self, text: &str) {
        if !self.global.quiet {
            self.progress.aside(|| say(text));
        }
    }

    /// Tells a failure that concerns one of several things; the rest goes on.
    fn tell(&self, failure: &Failure) {
        self.progress.aside(|| failure.tell(self.voice));
    }
}

/// Nobody is left to tell that standard error is gone.
fn say(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// The manifests that a command is about.
#[derive(Debug, clap::Args)]
pub(crate) struct Manifests {
    /// Manifest, or folder of manifests; may be repeated [default: permissions.toml]
    #[arg(short, long, value_name = "PATH", value_hint = ValueHint::AnyPath)]
    file: Vec<PathBuf>,
}

impl Manifests {
    fn read(&self) -> Result<Manifest, Failure> {
        Manifest::read(&self.file)
    }
}

/// Counts things: `1 permission`, `2 permissions`.
fn count(number: usize, thing: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {thing}{plural}")
}

/// Drops what was named twice, keeping the order.
fn distinct<T: Clone + Eq + std::hash::Hash>(named: Vec<T>) -> Vec<T> {
    let mut seen = std::collections::HashSet::new();
    named
        .into_iter()
        .filter(|one| seen.insert(one.clone()))
        .collect()
}
