//! `permissions check`: whether a manifest is one, without a network.

use super::{Context, Manifests, count};
use crate::exit::Exit;
use crate::failure::Failure;

const EXAMPLES: &str = "\
Examples:
  Before a commit:
    permissions check

  All manifests of a folder, for a program to read the mistakes:
    permissions check --file access/ --format json";

/// Arguments of `check`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(flatten)]
    manifests: Manifests,
}

pub(crate) fn run(args: &Args, context: &Context) -> Result<Exit, Failure> {
    let manifest = args.manifests.read()?;
    for (path, checkpoints, permissions) in manifest.files() {
        context.tell_people(&format!(
            "{}: {}, {}",
            path.display(),
            count(checkpoints, "checkpoint"),
            count(permissions, "permission"),
        ));
    }
    Ok(Exit::Success)
}
