//! `permissions check` validates manifests without a network.

use super::manifests::Manifests;
use super::words::count;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;

/// Arguments of `check`.
#[derive(Debug, clap::Args)]
#[command(after_help = include_str!("../help/check.txt"))]
pub(crate) struct Args {
    #[command(flatten)]
    manifests: Manifests,
}

pub(crate) fn run(args: &Args, context: &Context) -> Result<Exit, Failure> {
    let manifest = args.manifests.read(context)?;
    for (path, checkpoints, permissions) in manifest.files() {
        context.note_always(&format!(
            "{}: {}, {}",
            path.display(),
            count(checkpoints, "checkpoint"),
            count(permissions, "permission"),
        ));
    }
    Ok(Exit::Success)
}
