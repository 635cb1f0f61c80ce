//! `permissions check` validates manifests.

use super::manifests::Manifests;
use super::words::count;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::names::Names;
use crate::session::Session;

/// Arguments of `check`.
#[derive(Debug, clap::Args)]
#[command(after_help = include_str!("../help/check.txt"))]
pub(crate) struct Args {
    #[command(flatten)]
    manifests: Manifests,

    /// Warn of archived and unknown projects, which requires a key and the network
    #[arg(long)]
    online: bool,
}

pub(crate) async fn run(args: Args, context: &Context) -> Result<Exit, Failure> {
    let manifest = args.manifests.read(context)?;
    for (path, checkpoints, permissions) in manifest.files() {
        context.note_always(&format!(
            "{}: {}, {}",
            path.display(),
            count(checkpoints, "checkpoint"),
            count(permissions, "permission"),
        ));
    }
    if args.online {
        let session = Session::open(context, false).await?;
        let names = match Names::fetch(session.client()).await {
            Ok(names) => Ok(names),
            Err(error) => Err(session.explain(error.into()).await),
        };
        session.close().await;
        for problem in manifest.project_problems(&names?, |_| true) {
            context.warn(&problem.line());
        }
    }
    Ok(Exit::Success)
}
