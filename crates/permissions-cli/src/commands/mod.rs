//! One file a command: its arguments and what it does.

pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod list;
pub(crate) mod serve;

use std::io::{self, Write as _};

use tokio::runtime::{Builder, Runtime};

use crate::cli::{Cli, Command, Global};
use crate::exit::Exit;
use crate::failure::{Failure, Voice};
use crate::output::{Columns, Output};
use crate::session::Session;

/// Does what the command line says.
pub(crate) fn run(cli: Cli) -> Result<Exit, Failure> {
    let context = Context {
        voice: Voice::of(&cli.global),
        global: cli.global,
    };
    match cli.command {
        Command::Serve(args) => {
            runtime(Builder::new_multi_thread())?.block_on(serve::run(args, &context))
        }
        command => runtime(Builder::new_current_thread())?.block_on(async {
            let session = Session::open(&context.global).await?;
            let done = tokio::select! {
                done = talk(command, &context, &session) => done,
                _ = tokio::signal::ctrl_c() => Err(Failure::interrupted()),
            };
            let done = done.map_err(|failure| session.explain(failure));
            session.close().await;
            done
        }),
    }
}

async fn talk(command: Command, context: &Context, session: &Session) -> Result<Exit, Failure> {
    match command {
        Command::List(args) => list::run(args, context, session).await,
        Command::Create(args) => create::run(args, context, session).await,
        Command::Delete(args) => delete::run(args, context, session).await,
        Command::Serve(args) => serve::run(args, context).await,
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
}

impl Context {
    /// Where the command's data goes.
    fn output(&self, columns: Columns) -> Output {
        Output::stdout(self.global.format, self.global.color, columns)
    }

    /// Says on standard error what was done, where `-v` asks for it.
    fn note(&self, text: &str) {
        if self.global.verbose > 0 {
            // Nobody is left to tell that standard error is gone.
            let _ = writeln!(io::stderr(), "{text}");
        }
    }

    /// Tells a failure that concerns one of several things; the rest goes on.
    fn tell(&self, failure: &Failure) {
        failure.tell(self.voice);
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
