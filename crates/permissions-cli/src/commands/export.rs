//! `permissions export`: a manifest of what is live.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::PathBuf;

use clap::ValueHint;
use permissions_ext::{CheckpointId, ProjectId};

use super::{Context, Manifests, count, distinct};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::session::Session;
use crate::{file, ids, manifest};

const EXAMPLES: &str = "\
Examples:
  Begin with access as code:
    permissions export ft:gpt-4o:acme ft:gpt-4o:acme-eu --out permissions.toml

  Take what is live into permissions.toml, which keeps its comments and its order:
    permissions export --update";

/// Arguments of `export`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Fine-tuned checkpoint, such as ft:gpt-4o:acme
    #[arg(
        value_name = "CHECKPOINT",
        required_unless_present = "update",
        value_parser = ids::read::<CheckpointId>
    )]
    checkpoints: Vec<CheckpointId>,

    /// Write to a file that is not there yet, instead of to standard output
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "update")]
    out: Option<PathBuf>,

    /// Change the manifests to what is live; checkpoints they do not speak of are added
    #[arg(long)]
    update: bool,

    #[command(flatten)]
    manifests: Manifests,
}

pub(crate) async fn run(args: Args, context: &Context, session: &Session) -> Result<Exit, Failure> {
    let mut checkpoints = args.checkpoints.clone();
    if !args.update {
        let live = live(distinct(checkpoints), session).await?;
        let text = manifest::written(&live)?;
        match &args.out {
            Some(path) => file::create(path, &text)?,
            None => std::io::stdout().write_all(text.as_bytes())?,
        }
        return Ok(Exit::Success);
    }
    let manifest = args.manifests.read()?;
    checkpoints.extend(manifest.checkpoints().cloned());
    let live = live(distinct(checkpoints), session).await?;
    let updated = manifest.updated(&live)?;
    for (path, text) in &updated {
        file::replace(path, text)?;
        context.tell_people(&format!("updated {}", path.display()));
    }
    if updated.is_empty() {
        context.tell_people(&format!(
            "in sync: {}",
            count(manifest.checkpoints().count(), "checkpoint")
        ));
    }
    Ok(Exit::Success)
}

/// All of it or an error: a manifest of a part would take access away when it is applied.
async fn live(
    checkpoints: Vec<CheckpointId>,
    session: &Session,
) -> Result<BTreeMap<CheckpointId, Vec<ProjectId>>, Failure> {
    let report = session.client().audit(checkpoints).send().await;
    let mut live = BTreeMap::new();
    for audited in report.into_results() {
        let mut projects: Vec<ProjectId> = audited
            .result?
            .into_iter()
            .map(|permission| permission.project_id)
            .collect();
        projects.sort();
        projects.dedup();
        live.insert(audited.checkpoint, projects);
    }
    Ok(live)
}
