//! The `permissions` command, which manages which projects may use which fine-tuned checkpoint.

mod audit;
mod cli;
mod commands;
mod completion;
mod context;
mod exit;
mod failure;
mod file;
mod ids;
mod interrupt;
mod manifest;
mod names;
mod options;
mod output;
mod problem;
mod progress;
mod run;
mod saved_plan;
mod session;
mod settings;
mod style;

use std::process::ExitCode;

fn main() -> ExitCode {
    // Prints candidates and exits, if a completion script runs the command.
    clap_complete::CompleteEnv::with_factory(cli::command).complete();
    let args: Vec<_> = std::env::args_os().collect();
    match cli::parse(&args) {
        Ok(cli) => run::run(cli).into(),
        Err(error) => cli::refuse(&error, &args),
    }
}
