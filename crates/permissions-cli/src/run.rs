//! Runs a subcommand.

use tokio::runtime::{Builder, Runtime};

use crate::cli::{self, ApiCommand, Cli, Command};
use crate::commands::{
    apply, audit, check, completions, create, delete, doctor, export, list, man, plan, projects,
    schema, serve,
};
use crate::context::{Context, reporter};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::file;
use crate::session::Session;

/// Runs the subcommand and reports a failure.
pub(crate) fn run(cli: Cli) -> Exit {
    let has_progress = matches!(cli.command, Command::Api(_));
    let color = cli.global.profile_options.color.unwrap_or_default();
    let reporter = reporter(&cli.global, cli.global.format(), color);
    let context = match Context::new(cli.global, has_progress) {
        Ok(context) => context,
        Err(failure) => {
            failure.report(reporter);
            return failure.exit();
        }
    };
    let result = dispatch(cli.command, &context);
    context.progress.end();
    match result {
        Ok(exit) => exit,
        Err(failure) => {
            context.report(&failure);
            failure.exit()
        }
    }
}

fn dispatch(command: Command, context: &Context) -> Result<Exit, Failure> {
    match command {
        Command::Api(command) => block_on(with_session(command, context)),
        Command::Doctor(args) => block_on(doctor::run(args, context)),
        Command::Serve(args) => {
            runtime(Builder::new_multi_thread())?.block_on(serve::run(args, context))
        }
        Command::Check(args) => block_on(check::run(args, context)),
        Command::Show(args) => plan::show(&args, context),
        Command::Schema(_) => schema::run(),
        Command::Completions(args) => completions::run(&args),
        Command::Man(args) => man::run(&args, cli::command()),
        Command::Version => {
            file::write_stdout(&cli::command().render_version())?;
            Ok(Exit::Success)
        }
    }
}

async fn with_session(command: ApiCommand, context: &Context) -> Result<Exit, Failure> {
    // Errors in the arguments are reported before errors in the settings.
    match &command {
        ApiCommand::Apply(args) => apply::check(args)?,
        ApiCommand::Delete(args) => delete::check(args)?,
        _ => {}
    }
    let session = Session::open(context, creates_file(&command)).await?;
    let finishing = || {
        context.note_always("finishing the requests in flight; press Ctrl-C again to stop at once");
    };
    // Biased: a finished command reports its result, even if a signal arrives at the same time.
    let result = tokio::select! {
        biased;
        result = api(command, &session) => result,
        () = context.interrupt.at_once(finishing) => Err(context.tally.interrupted()),
    };
    let result = match result {
        Err(failure) => Err(session.explain(failure).await),
        ok => ok,
    };
    session.close().await;
    result
}

async fn api(command: ApiCommand, session: &Session<'_>) -> Result<Exit, Failure> {
    match command {
        ApiCommand::List(args) => list::run(args, session).await,
        ApiCommand::Create(args) => create::run(args, session).await,
        ApiCommand::Delete(args) => delete::run(args, session).await,
        ApiCommand::Plan(args) => plan::run(args, session).await,
        ApiCommand::Apply(args) => apply::run(args, session).await,
        ApiCommand::Export(args) => export::run(args, session).await,
        ApiCommand::Audit(args) => audit::run(args, session).await,
        ApiCommand::Projects(args) => projects::run(args, session).await,
    }
}

/// Whether the command creates a missing `--local` file. For other commands, the path of a missing file is probably
/// mistyped.
fn creates_file(command: &ApiCommand) -> bool {
    match command {
        ApiCommand::Create(args) => !args.dry_run,
        ApiCommand::Apply(args) => !args.dry_run && args.plan.is_none(),
        _ => false,
    }
}

/// Runs the future of a client command on the current thread.
fn block_on(client: impl Future<Output = Result<Exit, Failure>>) -> Result<Exit, Failure> {
    runtime(Builder::new_current_thread())?.block_on(client)
}

fn runtime(mut builder: Builder) -> Result<Runtime, Failure> {
    builder
        .enable_all()
        .build()
        .map_err(|error| Failure::failed_to("start the async runtime", error))
}
