//! The confirmation prompt.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use tokio::sync::oneshot;

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;

/// Asks on the terminal. Fails if the answer is not yes, or if there is no terminal.
pub(super) async fn confirm(question: &str, context: &Context) -> Result<(), Failure> {
    if !can_ask() {
        return Err(Failure::usage(
            "a confirmation is required, but there is no terminal; nothing was changed",
        )
        .remedy("confirm with --yes, or see the changes with --dry-run"));
    }
    context.progress.end();
    // If the question cannot be written, nobody answers it, and nothing is changed.
    let _ = write!(io::stderr(), "{question} [y/N] ");
    let answer = read_line().await;
    if answer.is_some_and(|answer| is_yes(&answer)) {
        return Ok(());
    }
    Err(Failure::new(
        Exit::Failure,
        "not confirmed; nothing was changed",
    ))
}

/// Whether a person can answer.
pub(super) fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Reads a line in another thread, so that Ctrl-C is handled while the prompt waits.
async fn read_line() -> Option<String> {
    let (sender, receiver) = oneshot::channel();
    std::thread::spawn(move || {
        let mut line = String::new();
        if io::stdin().lock().read_line(&mut line).is_ok() {
            // The receiver is gone if the command was stopped.
            let _ = sender.send(line);
        }
    });
    receiver.await.ok()
}

fn is_yes(answer: &str) -> bool {
    matches!(answer.trim().to_lowercase().as_str(), "y" | "yes")
}
