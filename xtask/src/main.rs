//! `cargo xtask`: what maintainers do to the specification and the client.

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};
use xtask::{
    coverage,
    document::{self, Document},
    fetch::{self, Origin},
    lock::{GENERATOR, Lock},
    output::Change,
    regen::{self, Layout, Regenerated},
    report::{self, Base},
};

#[derive(Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    about = "From the upstream OpenAPI document to the generated client"
)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Download the pinned upstream document, for `regen` to start from
    Fetch {
        /// Move the pin to upstream's newest document
        #[arg(long)]
        latest: bool,
    },
    /// Regenerate openapi/permissions.json and the client, and write what changed
    Regen {
        /// An upstream document: JSON or YAML, plain or gzip'd, or - for standard input
        #[arg(long, value_name = "FILE")]
        from: Option<PathBuf>,
        /// The upstream commit that FILE is of, for the pin
        #[arg(long, value_name = "COMMIT", requires = "from")]
        commit: Option<String>,
        /// Change nothing; fail with a diff if anything would change
        #[arg(long)]
        check: bool,
    },
    /// Say what changed in openapi/permissions.json and which version that asks for
    Report {
        /// What to compare with: a revision of git, or a permissions.json
        #[arg(long, value_name = "REV|FILE", default_value = "HEAD")]
        base: String,
        /// The upstream document, to report what the overlay and the lowering did to it [default: the
        /// pinned one, if it has been fetched]
        #[arg(long, value_name = "FILE")]
        from: Option<PathBuf>,
        /// Markdown for a pull request, or JSON for programs
        #[arg(long, value_enum, default_value_t)]
        format: report::Format,
    },
    /// Which operations of a document can be generated and compiled, as a table, and why not the others
    Coverage {
        /// An upstream document: JSON or YAML, plain or gzip'd, or - for standard input
        #[arg(long, value_name = "FILE")]
        from: PathBuf,
        /// Only generate: a matter of seconds, but generating is not compiling
        #[arg(long)]
        no_compile: bool,
    },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(arguments.task) {
        Ok(code) => code,
        Err(error) => {
            say(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> Result<ExitCode> {
    let root = root()?;
    match task {
        Task::Fetch { latest } => {
            let origin = Origin::default();
            let path = match latest {
                true => fetch::latest(&root, &origin)?,
                false => fetch::pinned(&root, &origin)?,
            };
            say(&format!("the pinned document is at {}", path.display()));
            Ok(ExitCode::SUCCESS)
        }
        Task::Regen {
            from,
            commit,
            check,
        } => regenerate(&root, from.as_deref(), commit, check),
        Task::Report { base, from, format } => {
            let upstream = match from {
                None => fetched(&root)?,
                Some(path) => Some((path.display().to_string(), document::read(&path)?)),
            };
            let upstream = upstream
                .as_ref()
                .map(|(name, document)| (name.as_str(), &document.value));
            let text = report::run(&root, &Base::new(&base), upstream, format)?;
            std::io::stdout().lock().write_all(text.as_bytes())?;
            Ok(ExitCode::SUCCESS)
        }
        Task::Coverage { from, no_compile } => cover(&root, &from, !no_compile),
    }
}

fn regenerate(
    root: &Path,
    from: Option<&Path>,
    commit: Option<String>,
    check: bool,
) -> Result<ExitCode> {
    let layout = Layout::new(root);
    let made = match from {
        None => from_pin(root, &layout)?,
        Some(path) => {
            let upstream = document::read(path)?;
            let name = path
                .file_name()
                .map_or("-".into(), |name| name.to_string_lossy());
            let mut lock = Lock::of_local(&upstream, &name, layout.read_lock()?.as_ref());
            lock.commit = commit.or(lock.commit);
            regen::from_upstream(&layout, &upstream, &path.display().to_string(), &lock)?
        }
    };
    tell(&made);
    if check {
        let changes = made.output.changes()?;
        if changes.is_empty() {
            say("everything is as it would be generated");
            return Ok(ExitCode::SUCCESS);
        }
        say(&regen::stale(root, &changes));
        say(
            "error: what is on disk is not what would be generated; run `cargo xtask regen` as above without --check",
        );
        return Ok(ExitCode::FAILURE);
    }
    let changes = made.output.write()?;
    list(root, &changes);
    Ok(ExitCode::SUCCESS)
}

/// From the pinned document where it has been fetched, else from what was made of it.
fn from_pin(root: &Path, layout: &Layout) -> Result<Regenerated> {
    let Some(lock) = layout.read_lock()? else {
        return regen::from_permissions(layout);
    };
    match fetch::from_cache(root, &lock)? {
        None => regen::from_permissions(layout),
        Some(upstream) => {
            let name = fetch::cached(root, &lock).display().to_string();
            let lock = Lock {
                generator: GENERATOR.to_owned(),
                ..lock
            };
            regen::from_upstream(layout, &upstream, &name, &lock)
        }
    }
}

/// The pinned document with its name, if it has been fetched.
fn fetched(root: &Path) -> Result<Option<(String, Document)>> {
    let Some(lock) = Layout::new(root).read_lock()? else {
        return Ok(None);
    };
    let name = fetch::cached(root, &lock).display().to_string();
    Ok(fetch::from_cache(root, &lock)?.map(|document| (name, document)))
}

fn cover(root: &Path, from: &Path, compile: bool) -> Result<ExitCode> {
    let document = document::read(from)?.value;
    let mut coverage = coverage::of(&document)?;
    if compile {
        say(&format!(
            "{} of {} operations generate; compiling them",
            coverage.covered(),
            coverage.total()
        ));
        coverage.compile(&document, root, &root.join("target/coverage"))?;
    }
    std::io::stdout()
        .lock()
        .write_all(coverage.to_string().as_bytes())?;
    Ok(if coverage.is_clean() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn tell(made: &Regenerated) {
    let Some(specification) = &made.specification else {
        say(
            "from openapi/permissions.json; to start at the upstream document, \
             `cargo xtask fetch` it or give --from FILE",
        );
        return;
    };
    for note in &specification.notes {
        say(&format!("note: {note}"));
    }
    say(&format!(
        "applied {} actions of the overlay",
        specification.applied.len()
    ));
}

fn list(root: &Path, changes: &[Change]) {
    if changes.is_empty() {
        say("nothing changed");
    }
    for change in changes {
        let name = change.path.strip_prefix(root).unwrap_or(&change.path);
        let verb = if change.path.exists() {
            "wrote"
        } else {
            "removed"
        };
        say(&format!("{verb} {}", name.display()));
    }
}

/// The workspace that this was built in.
fn root() -> Result<PathBuf> {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask
        .parent()
        .map(Path::to_owned)
        .context("failed to find the workspace above xtask")
}

/// Messages go to standard error: standard output is for results.
#[allow(clippy::print_stderr)]
fn say(text: &str) {
    eprintln!("{text}");
}
