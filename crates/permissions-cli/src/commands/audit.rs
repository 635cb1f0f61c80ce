//! `permissions audit` shows the access of all projects to many checkpoints.

use std::path::{Path, PathBuf};

use anstyle::Style;
use jiff::Timestamp;
use permissions_ext::audit::{DriftState, Report};
use permissions_ext::{CheckpointId, ProjectId};

use super::manifests;
use super::words::{count, distinct};
use crate::audit::{self, About, Finding, Findings};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::manifest::{DEFAULT_FILE, Manifest};
use crate::names::{self, NameOptions, Names};
use crate::output::{Cell, Changes, Columns, Text};
use crate::session::Session;
use crate::{file, ids};

const COLUMNS: &[&str] = &[
    "checkpoint",
    "project_id",
    names::COLUMN,
    "id",
    "created_at",
    "state",
];

/// The first characters of every page. `--html` replaces an existing file only if the file starts with them.
const PAGE_START: &str = "<!doctype html>";

/// Arguments of `audit`.
#[derive(Debug, clap::Args)]
#[command(after_help = include_str!("../help/audit.txt"))]
pub(crate) struct Args {
    /// Fine-tuned checkpoint, such as ft:gpt-4o:acme [default: the checkpoints of permissions.toml]
    #[arg(value_name = "CHECKPOINT", value_parser = ids::read::<CheckpointId>)]
    checkpoints: Vec<CheckpointId>,

    /// Audit the checkpoints of a manifest or of a folder of manifests; may be repeated
    #[arg(long, value_name = "PATH")]
    manifest: Vec<PathBuf>,

    /// Audit the checkpoints of a file, one per line, or of standard input with -
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,

    /// Compare with a manifest; the exit code is 2 if there are differences
    #[arg(long, value_name = "PATH")]
    against: Vec<PathBuf>,

    /// Write an HTML page that can be searched, sorted and printed; - writes it to standard output
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,

    /// Treat unusual ids that `export` wrote as errors, not as warnings
    #[arg(long)]
    strict: bool,

    #[command(flatten)]
    names: NameOptions,
}

pub(crate) async fn run(args: Args, session: &Session<'_>) -> Result<Exit, Failure> {
    let context = session.context;
    if args.html.as_deref().is_some_and(file::is_stdio) && context.wants_rows() {
        let failure = Failure::usage("--html - and --format both write to standard output");
        return Err(failure.remedy("write the page to a file"));
    }
    let desired = match args.against.as_slice() {
        [] => None,
        paths => Some(manifests::read(paths, "--against", args.strict, context)?),
    };
    let checkpoints = checkpoints(&args, desired.as_ref(), context)?;
    let is_shown = args.html.is_none() || context.wants_rows();
    let mut rows = None;
    if is_shown && !context.wants_table() {
        let has_names = args.names.are_shown(context);
        let columns = Columns::new(COLUMNS).remove(names::COLUMN, !has_names);
        let rows = rows.insert(context.changes(columns)?);
        for checkpoint in &checkpoints {
            rows.add_pending(row(checkpoint, None, &Names::default(), "not_read"));
        }
    }
    let report = session.audit(checkpoints);
    let (report, names) = args.names.with(report, session).await?;
    let desired_state = desired.as_ref().map(|manifest| manifest.desired(|_| true));
    let findings = Findings::new(&report, desired_state.as_ref());
    if let Some(path) = &args.html {
        let page = page(&findings, desired.as_ref(), &names, session)?;
        file::renew(path, &page, PAGE_START)?;
    }
    if let Some(rows) = rows {
        write_rows(&findings, &names, rows)?;
    } else if is_shown {
        write_matrix(&findings, &names, context)?;
    }
    context.note_always(&summary(&findings));
    conclude(&report, &findings, context)
}

/// The checkpoints of the arguments, of `--manifest` and of `--from`. If all of these are missing, the checkpoints of
/// `--against` or of `permissions.toml`.
fn checkpoints(
    args: &Args,
    desired: Option<&Manifest>,
    context: &Context,
) -> Result<Vec<CheckpointId>, Failure> {
    let mut checkpoints = args.checkpoints.clone();
    if !args.manifest.is_empty() {
        let manifest = manifests::read(&args.manifest, "--manifest", args.strict, context)?;
        checkpoints.extend(manifest.checkpoints().cloned());
    }
    if let Some(path) = &args.from {
        let text = ids::read_file(path)?;
        checkpoints.extend(ids::lines::<CheckpointId>(path, &text)?);
    }
    let has_source = !checkpoints.is_empty() || !args.manifest.is_empty() || args.from.is_some();
    if !has_source && let Some(desired) = desired {
        checkpoints.extend(desired.checkpoints().cloned());
    } else if !has_source && Path::new(DEFAULT_FILE).exists() {
        let manifest = manifests::read(&[], "--manifest", args.strict, context)?;
        checkpoints.extend(manifest.checkpoints().cloned());
    }
    if checkpoints.is_empty() {
        return Err(Failure::usage(format!(
            "no checkpoint to audit: there is none in the arguments, and {DEFAULT_FILE} does not exist or is empty"
        ))
        .remedy("give checkpoint ids, a list with --from or a manifest with --manifest"));
    }
    Ok(distinct(checkpoints))
}

/// Returns the cells of a row for a checkpoint and a project. `project` is `None` if no project may use the checkpoint,
/// or if the checkpoint could not be read.
fn row(
    checkpoint: &CheckpointId,
    project: Option<(&ProjectId, &Finding<'_>)>,
    names: &Names,
    state: &str,
) -> Vec<Cell> {
    let (project, finding) = project.unzip();
    let permission = finding.and_then(|finding| finding.permission);
    vec![
        Cell::text(checkpoint),
        Cell::optional(project),
        Cell::optional(project.and_then(|project| names.get(project))),
        Cell::optional(permission.map(|permission| &permission.id)),
        permission.map_or(Cell::Null, |permission| Cell::Time(permission.created_at)),
        Cell::text(state),
    ]
}

fn write_rows(findings: &Findings<'_>, names: &Names, rows: Changes) -> Result<(), Failure> {
    rows.clear();
    for found in &findings.rows {
        let state = match &found.findings {
            Err(_) => "not_read",
            Ok(projects) if projects.is_empty() => "none",
            Ok(projects) => {
                for (project, finding) in projects {
                    let project = Some((*project, finding));
                    rows.row(&row(found.checkpoint, project, names, &finding.name()));
                }
                continue;
            }
        };
        rows.row(&row(found.checkpoint, None, names, state));
    }
    rows.finish_unchanged()
}

fn write_matrix(findings: &Findings<'_>, names: &Names, context: &Context) -> Result<(), Failure> {
    let mut out: Text = context.text()?;
    if let Some(needed) = audit::write_matrix(findings, names, &mut out)? {
        let width = out.width().unwrap_or_default();
        for row in &findings.rows {
            let projects = match &row.findings {
                Ok(projects) => count(projects.len(), "project"),
                Err(_) => "not read".to_owned(),
            };
            out.line(&format!("{}: {projects}", row.checkpoint), Style::new())?;
        }
        context.note_always(&format!(
            "the matrix needs {needed} columns and the terminal has {width}: use --html FILE or --format csv"
        ));
    }
    Ok(out.finish()?)
}

fn page(
    findings: &Findings<'_>,
    desired: Option<&Manifest>,
    names: &Names,
    session: &Session<'_>,
) -> Result<String, Failure> {
    let target = session.client().target();
    let about = About {
        organization: target.organization.as_deref(),
        base_url: &target.base_url,
        manifest: desired.map(Manifest::names),
        created_at: Timestamp::now().as_second(),
    };
    let labels = desired.map(Manifest::labels).unwrap_or_default();
    audit::render(&about, findings, &labels, names)
        .map_err(|error| Failure::failed_to("render the page", error))
}

/// The numbers of extra and missing permissions.
fn differences(findings: &Findings<'_>) -> (usize, usize) {
    let count = |state| findings.count(|finding| finding.state == Some(state));
    (count(DriftState::Extra), count(DriftState::Missing))
}

fn summary(findings: &Findings<'_>) -> String {
    let (extra, missing) = differences(findings);
    let present = findings.count(|finding| finding.permission.is_some());
    let mut text = format!(
        "{} of {} to {}",
        count(present, "permission"),
        count(findings.projects.len(), "project"),
        count(findings.rows.len(), "checkpoint"),
    );
    if findings.is_compared {
        text.push_str(&format!("; {extra} extra, {missing} missing"));
    }
    text
}

/// Reports the checkpoints that could not be read, and returns the exit code.
fn conclude(report: &Report, findings: &Findings<'_>, context: &Context) -> Result<Exit, Failure> {
    let mut exit = None;
    for (_, error) in report.failures() {
        let failure = Failure::from(error);
        context.report(&failure);
        exit.get_or_insert(failure.exit());
    }
    if let Some(exit) = exit {
        let failed = count(report.failures().count(), "checkpoint");
        return Err(Failure::new(
            exit,
            format!("{failed} could not be read; the data of all other checkpoints is complete"),
        ));
    }
    if differences(findings) != (0, 0) {
        return Ok(Exit::Drift);
    }
    Ok(Exit::Success)
}
