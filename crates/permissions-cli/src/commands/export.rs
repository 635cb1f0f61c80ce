//! `permissions export` writes a manifest of the live permissions.

use std::path::{Path, PathBuf};

use permissions_ext::CheckpointId;
use permissions_ext::sync::DesiredState;

use super::manifests::Manifests;
use super::words::{count, distinct};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::manifest::DEFAULT_FILE;
use crate::names::NameOptions;
use crate::session::Session;
use crate::{file, ids, manifest};

/// Arguments of `export`.
#[derive(Debug, clap::Args)]
#[command(after_help = include_str!("../help/export.txt"))]
pub(crate) struct Args {
    /// Fine-tuned checkpoint, such as ft:gpt-4o:acme [default: the checkpoints of the manifest]
    #[arg(value_name = "CHECKPOINT", value_parser = ids::read::<CheckpointId>)]
    checkpoints: Vec<CheckpointId>,

    /// Write to a new file, or to standard output with - [default: -]
    #[arg(long, value_name = "FILE", conflicts_with = "update")]
    out: Option<PathBuf>,

    /// Update the manifests of --file, and add new checkpoints to the first manifest
    #[arg(long)]
    update: bool,

    #[command(flatten)]
    manifests: Manifests,

    #[command(flatten)]
    names: NameOptions,
}

pub(crate) async fn run(args: Args, session: &Session<'_>) -> Result<Exit, Failure> {
    if args.update {
        return update(&args, session).await;
    }
    let mut checkpoints = args.checkpoints.clone();
    if args.manifests.is_set() || checkpoints.is_empty() {
        checkpoints.extend(
            read_manifest(&args, session.context)?
                .checkpoints()
                .cloned(),
        );
    }
    let live = live(distinct(checkpoints), session);
    let (live, names) = args.names.with(live, session).await?;
    let text = manifest::write(&live, &names)?;
    match args.out.as_deref().filter(|path| !file::is_stdio(path)) {
        Some(path) => file::create(path, &text).map_err(|failure| match path.extension() {
            Some(extension) if extension == "toml" && path.is_file() => failure.remedy(format!(
                "update this manifest with permissions export --update --file {}, or choose another name",
                path.display()
            )),
            _ => failure,
        })?,
        None => file::write_stdout(&text)?,
    }
    Ok(Exit::Success)
}

async fn update(args: &Args, session: &Session<'_>) -> Result<Exit, Failure> {
    let context = session.context;
    let manifest = read_manifest(args, context)?;
    let checkpoints = args.checkpoints.iter().chain(manifest.checkpoints());
    let live = live(distinct(checkpoints.cloned()), session);
    let (live, names) = args.names.with(live, session).await?;
    let updated = manifest.updated(&live, &names)?;
    for (path, text) in &updated {
        file::replace(path, text)?;
        context.note_always(&format!("updated {}", path.display()));
    }
    if updated.is_empty() {
        let checkpoints = count(manifest.checkpoints().count(), "checkpoint");
        context.note_always(&format!("in sync: {checkpoints}"));
    }
    Ok(Exit::Success)
}

/// Reads the manifest. If there is none, the error describes the two ways to choose checkpoints.
fn read_manifest(args: &Args, context: &Context) -> Result<manifest::Manifest, Failure> {
    if !args.manifests.is_set() && !Path::new(DEFAULT_FILE).exists() {
        let message = format!("no checkpoint to export: {DEFAULT_FILE} does not exist");
        return Err(Failure::usage(message).remedy(if args.update {
            "create it with permissions export CHECKPOINT... --out permissions.toml, or name another manifest \
             with --file"
        } else {
            "give checkpoint ids, as in `permissions export CHECKPOINT... --out permissions.toml`, or a manifest with --file"
        }));
    }
    args.manifests.read(context)
}

/// Reads the live permissions of all checkpoints. Any error ends the export, because applying an incomplete manifest
/// would delete permissions.
async fn live(
    checkpoints: Vec<CheckpointId>,
    session: &Session<'_>,
) -> Result<DesiredState, Failure> {
    let report = session.audit(checkpoints).await?;
    match report.failures().next() {
        Some((_, error)) => Err(error.into()),
        None => Ok(report.snapshot().unwrap_or_default()),
    }
}
