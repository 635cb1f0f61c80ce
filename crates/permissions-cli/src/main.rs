//! The `permissions` command: who may use which fine-tuned checkpoint.

mod audit;
mod cli;
mod commands;
mod exit;
mod failure;
mod file;
mod ids;
mod interrupt;
mod lines;
mod manifest;
mod output;
mod progress;
mod session;
mod settings;

use std::process::ExitCode;

use failure::Voice;

fn main() -> ExitCode {
    let args: Vec<_> = std::env::args_os().collect();
    let cli = match cli::parse(&args) {
        Ok(cli) => cli,
        Err(refusal) => return failure::refuse(&refusal, &args),
    };
    let voice = Voice::of(&cli.global);
    match commands::run(cli) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            failure.tell(voice);
            failure.exit().into()
        }
    }
}
