//! `cargo xtask`: fetches the upstream spec, generates the client and reports changes.

use std::{
    env,
    io::Write,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use anyhow::{Result, bail};
use clap::{Args, Parser, Subcommand};
use secrecy::SecretString;
use serde_json::Value;
use xtask::{
    coverage::{self, Coverage},
    document::{self, Document},
    fetch::{self, Fetched, Upstream},
    layout::Layout,
    lock::{Lock, Origin},
    output::Change,
    regen::{self, Regenerated},
    report,
};

/// Timeout of connecting and of each read: a server that sends nothing for 30 s is unavailable.
const TIMEOUT: Duration = Duration::from_secs(30);

#[derive(Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    about = "Generates the client from the upstream OpenAPI document"
)]
struct Arguments {
    /// Workspace folder [default: the workspace that contains the current folder]
    #[arg(long, value_name = "DIR", global = true)]
    workspace: Option<PathBuf>,
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Download the pinned upstream spec
    Fetch(FetchArguments),
    /// Regenerate openapi/permissions.json and the client
    Regen {
        /// Upstream spec: JSON or YAML, plain or gzip, or - for standard input
        #[arg(long, value_name = "FILE")]
        from: Option<PathBuf>,
        #[command(flatten)]
        origin: OriginArguments,
        /// Write nothing, and fail with a diff if a file would change
        #[arg(long)]
        check: bool,
    },
    /// Report the changes in openapi/permissions.json and the version that they require
    Report {
        /// Git revision or permissions.json file to compare with
        #[arg(long, value_name = "REV|FILE", default_value = "HEAD")]
        base: String,
        /// Upstream spec, for a report on the overlay and dropped values [default: the pinned one, if
        /// it has been fetched]
        #[arg(long, value_name = "FILE")]
        from: Option<PathBuf>,
        /// Markdown for a pull request, or JSON for programs
        #[arg(long, value_enum, default_value_t)]
        format: report::Format,
    },
    /// List the operations of a document, with the reason if an operation cannot be generated
    Coverage {
        /// Upstream spec: JSON or YAML, plain or gzip, or - for standard input
        #[arg(long, value_name = "FILE")]
        from: PathBuf,
        /// Only operations on paths with this prefix; can be repeated
        #[arg(long, value_name = "PREFIX")]
        path: Vec<String>,
        /// Also compile each operation in its own crate
        #[arg(long)]
        alone: bool,
        /// Generate without compiling, which takes seconds but finds fewer errors
        #[arg(long, conflicts_with = "alone")]
        no_compile: bool,
    },
}

#[derive(Args)]
struct OriginArguments {
    /// GitHub repository that contains FILE, as OWNER/NAME
    #[arg(long, value_name = "REPOSITORY", requires_all = ["from", "commit"])]
    repository: Option<String>,
    /// Commit that contains FILE
    #[arg(long, value_name = "COMMIT", requires_all = ["from", "repository"])]
    commit: Option<String>,
}

#[derive(Args)]
struct FetchArguments {
    /// Move the pin to the newest upstream commit that changes the spec
    #[arg(long)]
    latest: bool,
    /// Pin a local file: JSON or YAML, plain or gzip, or - for standard input
    #[arg(long, value_name = "FILE", conflicts_with = "latest")]
    from: Option<PathBuf>,
    #[command(flatten)]
    origin: OriginArguments,
    /// Service that serves the files of a commit
    #[arg(long, value_name = "URL", env = "UPSTREAM_FILES_URL", default_value = fetch::FILES_URL)]
    files_url: String,
    /// Service that lists commits; receives GITHUB_TOKEN if it is set
    #[arg(long, value_name = "URL", env = "UPSTREAM_API_URL", default_value = fetch::API_URL)]
    api_url: String,
}

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(code) => code,
        Err(error) => {
            say(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> Result<ExitCode> {
    let layout = match arguments.workspace {
        Some(root) => Layout::new(root),
        None => Layout::containing(&env::current_dir()?)?,
    };
    match arguments.task {
        Task::Fetch(arguments) => fetch(&layout, arguments),
        Task::Regen {
            from,
            origin,
            check,
        } => regenerate(&layout, from.as_deref(), origin.into(), check),
        Task::Report { base, from, format } => {
            let upstream = upstream(&layout, from.as_deref())?;
            let upstream = upstream
                .as_ref()
                .map(|(path, document)| (path.display().to_string(), &document.value));
            print(&report::run(&layout, &base, upstream, format)?)?;
            Ok(ExitCode::SUCCESS)
        }
        Task::Coverage {
            from,
            path,
            alone,
            no_compile,
        } => {
            let document = document::read(&from)?.value;
            let mut coverage = coverage::of(&document, &path)?;
            if !no_compile {
                compile(&mut coverage, &document, layout.root(), alone)?;
            }
            print(&coverage.to_string())?;
            Ok(if coverage.is_clean() {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            })
        }
    }
}

fn fetch(layout: &Layout, arguments: FetchArguments) -> Result<ExitCode> {
    let token = env::var("GITHUB_TOKEN").unwrap_or_default();
    let token = (!token.trim().is_empty()).then(|| SecretString::from(token.trim()));
    let upstream = || Upstream::new(&arguments.files_url, &arguments.api_url, token, TIMEOUT);
    let Fetched {
        file,
        cached,
        lock,
        changes,
    } = match arguments.from {
        Some(path) => fetch::local(layout, &path, arguments.origin.into())?,
        None if arguments.latest => fetch::latest(layout, &upstream()?)?,
        None => fetch::pinned(layout, &upstream()?)?,
    };
    let state = if cached {
        "was already stored"
    } else {
        "stored"
    };
    say(&format!(
        "{}: {state}, {} bytes, commit {}",
        file.strip_prefix(layout.root()).unwrap_or(&file).display(),
        lock.bytes,
        lock.commit.as_deref().unwrap_or("unknown")
    ));
    list(&changes);
    Ok(ExitCode::SUCCESS)
}

fn regenerate(
    layout: &Layout,
    from: Option<&Path>,
    origin: Option<Origin>,
    check: bool,
) -> Result<ExitCode> {
    let before = layout.read_lock()?;
    let upstream = upstream(layout, from)?.map(|(path, document)| {
        let name = match (from, &before) {
            (None, Some(lock)) => lock.file_name().to_owned(),
            _ => fetch::file_name(&path),
        };
        let lock = Lock::new(&document, &name, origin, before.as_ref());
        (path.display().to_string(), document, lock)
    });
    let made = match &upstream {
        None => regen::from_permissions(layout)?,
        Some((name, document, lock)) => regen::from_upstream(layout, document, name, lock)?,
    };
    describe(&made, upstream.as_ref().map(|(name, ..)| name.as_str()));
    if check {
        let changes = made.output.changes()?;
        for name in &made.edited {
            say(&format!("{name} was edited after it was generated"));
        }
        if changes.is_empty() {
            say("all generated files are up to date");
            return Ok(ExitCode::SUCCESS);
        }
        say(&regen::diffs(&changes));
        let names: Vec<String> = changes
            .iter()
            .map(|change| change.path.display().to_string())
            .collect();
        bail!(
            "generated files are out of date: {}; run the same command without --check",
            names.join(", ")
        );
    }
    let changes = made.output.write()?;
    for name in &made.edited {
        say(&format!(
            "{name} was edited after it was generated: the edit is overwritten"
        ));
    }
    if let (Some(_), Some((_, document, lock))) = (from, &upstream) {
        fetch::store(layout, document, lock)?;
    }
    list(&changes);
    Ok(ExitCode::SUCCESS)
}

/// Reads the upstream spec at a path, or else the pinned one if it has been fetched.
fn upstream(layout: &Layout, from: Option<&Path>) -> Result<Option<(PathBuf, Document)>> {
    match from {
        None => fetch::cached(layout),
        Some(path) => Ok(Some((path.to_owned(), document::read(path)?))),
    }
}

fn compile(coverage: &mut Coverage, document: &Value, root: &Path, alone: bool) -> Result<()> {
    say(&format!(
        "{} of {} operations can be generated; compiling them",
        coverage.covered(),
        coverage.total()
    ));
    coverage.compile(document, root, &root.join("target/coverage"), alone)
}

fn describe(made: &Regenerated, upstream: Option<&str>) {
    let (Some(specification), Some(name)) = (&made.specification, upstream) else {
        say("from openapi/permissions.json, because the upstream spec has not been fetched");
        return;
    };
    say(&format!("from {name}"));
    for note in &specification.notes {
        say(&format!("note: {note}"));
    }
    say(&format!(
        "applied {} overlay actions",
        specification.applied.len()
    ));
}

fn list(changes: &[Change]) {
    for change in changes {
        say(&format!("wrote {}", change.path.display()));
    }
    if changes.is_empty() {
        say("nothing changed");
    }
}

impl From<OriginArguments> for Option<Origin> {
    fn from(arguments: OriginArguments) -> Self {
        let (repository, commit) = (arguments.repository?, arguments.commit?);
        Some(Origin { repository, commit })
    }
}

fn print(text: &str) -> Result<()> {
    Ok(std::io::stdout().lock().write_all(text.as_bytes())?)
}

/// Prints a message to standard error. Standard output is reserved for results.
#[allow(clippy::print_stderr)]
fn say(text: &str) {
    eprintln!("{text}");
}
