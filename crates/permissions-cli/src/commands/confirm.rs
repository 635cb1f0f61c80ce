//! The confirmation prompt.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use tokio::sync::oneshot;

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;

/// Asks on the terminal. Fails if the answer is not yes, or if there is no terminal.
pub(super) async fn confirm(question: &str, context: &Context) -> Result<(), Failure> {
    require_terminal()?;
    context.progress.end();
    // If the question cannot be written, nobody answers it, and nothing is changed.
    let _ = write!(io::stderr(), "{question} [y/N] ");
    let answer = read_line().await.unwrap_or_default();
    if matches!(answer.trim().to_lowercase().as_str(), "y" | "yes") {
        return Ok(());
    }
    let message = "not confirmed; nothing was changed";
    Err(Failure::new(Exit::Failure, message))
}

/// Fails if nobody can answer a prompt.
pub(super) fn require_terminal() -> Result<(), Failure> {
    if io::stdin().is_terminal() && io::stderr().is_terminal() {
        return Ok(());
    }
    let message = "a confirmation is required, but there is no terminal; nothing was changed";
    Err(Failure::usage(message).remedy("confirm with --yes, or see the changes with --dry-run"))
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
