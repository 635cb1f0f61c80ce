//! Asking whether it shall be done.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use permissions_ext::Plan;
use tokio::sync::oneshot;

use super::super::{Context, count};
use crate::exit::Exit;
use crate::failure::Failure;

/// Asks for a yes on the terminal; an error without one.
pub(super) async fn confirm(plan: &Plan, context: &Context) -> Result<(), Failure> {
    if !(io::stdin().is_terminal() && io::stderr().is_terminal()) {
        return Err(Failure::new(
            Exit::Usage,
            "nobody is there to confirm it; nothing was changed",
        )
        .remedy("look at the plan above, then apply it with --yes"));
    }
    context.progress.end();
    let changes = count(plan.creations() + plan.deletions(), "change");
    // What cannot be asked is answered with no.
    let _ = write!(io::stderr(), "Apply {changes}? [y/N] ");
    if answer().await.is_some_and(|answer| is_yes(&answer)) {
        return Ok(());
    }
    Err(Failure::new(
        Exit::Failure,
        "not confirmed; nothing was changed",
    ))
}

/// A line from the terminal, read beside everything else: Ctrl-C is heard meanwhile.
async fn answer() -> Option<String> {
    let (tell, told) = oneshot::channel();
    std::thread::spawn(move || {
        let mut line = String::new();
        if io::stdin().lock().read_line(&mut line).is_ok() {
            // Nobody waits for it any more where the command was stopped.
            let _ = tell.send(line);
        }
    });
    told.await.ok()
}

fn is_yes(answer: &str) -> bool {
    matches!(answer.trim().to_lowercase().as_str(), "y" | "yes")
}
