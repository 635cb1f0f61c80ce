//! `cargo xtask`: what maintainers do to the specification and the client.

use std::{
    env,
    io::Write,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, Result};
use clap::{Args, Parser, Subcommand};
use secrecy::SecretString;
use serde_json::Value;
use xtask::{
    coverage::{self, Coverage},
    document::{self, Document},
    fetch::{self, Fetched, Patience, ProgressLine, Upstream},
    lock::Lock,
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
    /// The workspace to work on [default: the one that this was built in]
    #[arg(long, value_name = "DIR", global = true)]
    workspace: Option<PathBuf>,
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Bring the pinned upstream document here, for regen to start at
    Fetch(FetchArguments),
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
        /// Only operations on paths that begin so; may be given several times
        #[arg(long, value_name = "PREFIX")]
        path: Vec<String>,
        /// Compile each operation in a crate of its own, too, and not only all of them in one
        #[arg(long)]
        alone: bool,
        /// Only generate: a matter of seconds, but generating is not compiling
        #[arg(long, conflicts_with = "alone")]
        no_compile: bool,
    },
}

#[derive(Args)]
struct FetchArguments {
    /// Move the pin to the newest upstream commit that changes the document
    #[arg(long)]
    latest: bool,
    /// Pin a local document: JSON or YAML, plain or gzip'd, or - for standard input
    #[arg(long, value_name = "FILE", conflicts_with = "latest")]
    from: Option<PathBuf>,
    /// The upstream commit that FILE is of
    #[arg(long, value_name = "COMMIT", requires = "from")]
    commit: Option<String>,
    /// Where the files of commits are served
    #[arg(long, value_name = "URL", env = "UPSTREAM_FILES_URL", default_value = fetch::FILES_URL)]
    files_url: String,
    /// Where commits are listed; GITHUB_TOKEN, if set, goes there
    #[arg(long, value_name = "URL", env = "UPSTREAM_API_URL", default_value = fetch::API_URL)]
    api_url: String,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(arguments) {
        Ok(code) => code,
        Err(error) => {
            say(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> Result<ExitCode> {
    let root = arguments.workspace.map_or_else(root, Ok)?;
    match arguments.task {
        Task::Fetch(arguments) => fetch(&root, arguments),
        Task::Regen {
            from,
            commit,
            check,
        } => regenerate(&root, from.as_deref(), commit, check),
        Task::Report { base, from, format } => {
            let upstream = upstream(&Layout::new(&root), from.as_deref())?;
            let upstream = upstream
                .as_ref()
                .map(|(name, document)| (name.as_str(), &document.value));
            let text = report::run(&root, &Base::new(&base), upstream, format)?;
            std::io::stdout().lock().write_all(text.as_bytes())?;
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
                compile(&mut coverage, &document, &root, alone)?;
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
    }
}

fn fetch(root: &Path, arguments: FetchArguments) -> Result<ExitCode> {
    let layout = Layout::new(root);
    let token = env::var("GITHUB_TOKEN").unwrap_or_default();
    let token = (!token.trim().is_empty()).then(|| SecretString::from(token.trim()));
    let upstream = || {
        let (files, api) = (&arguments.files_url, &arguments.api_url);
        Upstream::new(files, api, token, Patience::default())
    };
    let mut line = ProgressLine::default();
    let mut progress = |here, all| line.show(here, all);
    let fetched = match arguments.from {
        Some(path) => fetch::local(&layout, &path, arguments.commit)?,
        None if arguments.latest => fetch::latest(&layout, &upstream()?, &mut progress)?,
        None => fetch::pinned(&layout, &upstream()?, &mut progress)?,
    };
    drop(line);
    tell_fetched(root, &fetched);
    Ok(ExitCode::SUCCESS)
}

fn regenerate(
    root: &Path,
    from: Option<&Path>,
    commit: Option<String>,
    check: bool,
) -> Result<ExitCode> {
    let layout = Layout::new(root);
    let upstream = match upstream(&layout, from)? {
        None => None,
        Some((name, document)) => {
            let lock = Lock::new(&document, commit, layout.read_lock()?.as_ref());
            Some((name, document, lock))
        }
    };
    let made = match &upstream {
        None => regen::from_permissions(&layout)?,
        Some((name, document, lock)) => regen::from_upstream(&layout, document, name, lock)?,
    };
    tell(&made, upstream.as_ref().map(|(name, ..)| name.as_str()));
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
    if let (Some(_), Some((_, document, lock))) = (from, &upstream) {
        fetch::keep(&layout, document, lock)?;
    }
    list(root, &changes);
    Ok(ExitCode::SUCCESS)
}

/// The document of a path, or the pinned one if it has been fetched, with its name.
fn upstream(layout: &Layout, from: Option<&Path>) -> Result<Option<(String, Document)>> {
    let read = match from {
        None => fetch::cached(layout)?,
        Some(path) => Some((path.to_owned(), document::read(path)?)),
    };
    Ok(read.map(|(path, document)| (path.display().to_string(), document)))
}

fn compile(coverage: &mut Coverage, document: &Value, root: &Path, alone: bool) -> Result<()> {
    let (covered, total) = (coverage.covered(), coverage.total());
    say(&format!(
        "{covered} of {total} operations generate; compiling them"
    ));
    coverage.compile(document, root, &root.join("target/coverage"), alone)
}

fn tell(made: &Regenerated, upstream: Option<&str>) {
    let (Some(specification), Some(name)) = (&made.specification, upstream) else {
        say(
            "from openapi/permissions.json (`cargo xtask fetch` or --from FILE starts at an upstream document)",
        );
        return;
    };
    say(&format!("from {name}"));
    for note in &specification.notes {
        say(&format!("note: {note}"));
    }
    say(&format!(
        "applied {} actions of the overlay",
        specification.applied.len()
    ));
}

fn tell_fetched(root: &Path, fetched: &Fetched) {
    let Lock { commit, bytes, .. } = &fetched.lock;
    let file = fetched.file.strip_prefix(root).unwrap_or(&fetched.file);
    let verb = if fetched.cached { "already" } else { "now" };
    let commit = commit.as_deref().unwrap_or("unknown");
    say(&format!(
        "{} is {verb} here: {bytes} bytes, commit {commit}",
        file.display()
    ));
    list(root, &fetched.changes);
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
