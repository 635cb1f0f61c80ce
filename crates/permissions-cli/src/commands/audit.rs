//! `permissions audit`: who has access to what, over many checkpoints at once.

use std::path::PathBuf;

use clap::ValueHint;
use permissions_ext::{CheckpointId, Report};

use super::{Context, count, distinct};
use crate::audit::{Finding, Findings, State, html, matrix};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::manifest::Manifest;
use crate::output::{Cell, Columns};
use crate::session::Session;
use crate::{file, ids, lines};

const COLUMNS: &[&str] = &["checkpoint", "project_id", "id", "created_at", "state"];

const EXAMPLES: &str = "\
Examples:
  A matrix of what permissions.toml speaks of:
    permissions audit --manifest permissions.toml

  The same as a page for people without a terminal, with every difference marked:
    permissions audit --manifest permissions.toml --against permissions.toml --html audit.html

  Every checkpoint of a list, for a spreadsheet:
    permissions audit --from checkpoints.txt --format csv > audit.csv";

/// Arguments of `audit`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Fine-tuned checkpoint, such as ft:gpt-4o:acme
    #[arg(
        value_name = "CHECKPOINT",
        required_unless_present_any = ["manifest", "from", "against"],
        value_parser = ids::read::<CheckpointId>
    )]
    checkpoints: Vec<CheckpointId>,

    /// Checkpoints of a manifest, or of a folder of manifests; may be repeated
    #[arg(long, value_name = "PATH", value_hint = ValueHint::AnyPath)]
    manifest: Vec<PathBuf>,

    /// Checkpoints of a file, one a line, or of standard input with -
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    from: Option<PathBuf>,

    /// Mark what differs from a manifest; exit code 2 when something does
    #[arg(long, value_name = "PATH", value_hint = ValueHint::AnyPath)]
    against: Vec<PathBuf>,

    /// Write one page that needs no network, to search, sort and print
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    html: Option<PathBuf>,

    /// Read this many checkpoints at a time
    #[arg(long, value_name = "N", default_value = "16", value_parser = clap::value_parser!(u16).range(1..))]
    concurrency: u16,
}

pub(crate) async fn run(args: Args, context: &Context, session: &Session) -> Result<Exit, Failure> {
    let wanted = match args.against.as_slice() {
        [] => None,
        paths => Some(Manifest::read(paths)?),
    };
    let checkpoints = checkpoints(&args, wanted.as_ref())?;
    let report = session
        .client()
        .audit(checkpoints)
        .concurrency(args.concurrency.into())
        .send()
        .await;
    let drift = wanted.map(|wanted| report.drift(&wanted.desired()));
    let findings = Findings::new(&report, drift.as_ref());
    if let Some(path) = &args.html {
        file::renew(path, &html::page(&findings)?, html::START)?;
    } else {
        show(&findings, context)?;
    }
    summarize(&findings, context);
    conclude(&report, &findings, context)
}

/// The checkpoints named, in the order they are named, each once.
fn checkpoints(args: &Args, wanted: Option<&Manifest>) -> Result<Vec<CheckpointId>, Failure> {
    let mut checkpoints = args.checkpoints.clone();
    if !args.manifest.is_empty() {
        checkpoints.extend(Manifest::read(&args.manifest)?.checkpoints().cloned());
    }
    if let Some(path) = &args.from {
        checkpoints.extend(lines::ids(
            path,
            &lines::text(path)?,
            ids::read::<CheckpointId>,
        )?);
    }
    if let Some(wanted) = wanted.filter(|_| checkpoints.is_empty()) {
        checkpoints.extend(wanted.checkpoints().cloned());
    }
    if checkpoints.is_empty() {
        return Err(
            Failure::new(Exit::Usage, "there is no checkpoint to audit").remedy(
                "name one, or give a file or manifest with at least one by --from or --manifest",
            ),
        );
    }
    Ok(distinct(checkpoints))
}

fn show(findings: &Findings<'_>, context: &Context) -> Result<(), Failure> {
    if context.wants_table() {
        let mut out = context.text();
        matrix::write(findings, &mut out)?;
        return Ok(out.finish()?);
    }
    let mut output = context.output(Columns {
        all: COLUMNS,
        constant: None,
    })?;
    for finding in findings.all() {
        let Finding {
            checkpoint,
            project_id,
            permission,
            state,
        } = finding;
        output.row(&[
            Cell::text(checkpoint),
            Cell::text(project_id),
            permission.map_or(Cell::Nothing, |one| Cell::text(&one.id)),
            permission.map_or(Cell::Nothing, |one| Cell::Time(one.created_at)),
            Cell::text(state.name()),
        ])?;
    }
    output.finish()
}

fn summarize(findings: &Findings<'_>, context: &Context) {
    let live = findings.count(State::Live) + findings.count(State::Unexpected);
    let mut text = format!(
        "{} of {} to {}",
        count(live, "permission"),
        count(findings.projects().len(), "project"),
        count(findings.checkpoints().len(), "checkpoint"),
    );
    if findings.compared() {
        text.push_str(&format!(
            "; {} unexpected, {} missing",
            findings.count(State::Unexpected),
            findings.count(State::Missing)
        ));
    }
    context.tell_people(&text);
}

/// A checkpoint that could not be read is told, and does not sink the rest.
fn conclude(report: &Report, findings: &Findings<'_>, context: &Context) -> Result<Exit, Failure> {
    let mut exit = None;
    for (_, error) in report.failures() {
        let failure = Failure::of(error);
        context.tell(&failure);
        exit = Some(failure.exit());
    }
    if let Some(exit) = exit {
        let failed = count(report.failures().count(), "checkpoint");
        return Err(Failure::new(
            exit,
            format!("{failed} could not be read; the rest is complete"),
        ));
    }
    if findings.count(State::Unexpected) + findings.count(State::Missing) > 0 {
        return Ok(Exit::Drift);
    }
    Ok(Exit::Success)
}
