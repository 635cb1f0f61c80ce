//! `cargo xtask`: fetches the upstream spec, generates the client and reports changes.

use std::{
    env,
    io::Write,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use anyhow::{Result, bail, ensure};
use clap::{Args, Parser, Subcommand};
use secrecy::SecretString;
use xtask::{
    coverage,
    document::{self, Document},
    fetch::{self, Upstream},
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
        origin: Option<Origin>,
        /// Write nothing, and fail with a diff if a file would change
        #[arg(long)]
        check: bool,
    },
    /// Report the changes in openapi/permissions.json and the version bump that they require
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
struct FetchArguments {
    /// Move the pin to the newest upstream commit that changes the spec
    #[arg(long)]
    latest: bool,
    /// Pin a local file: JSON or YAML, plain or gzip, or - for standard input
    #[arg(long, value_name = "FILE", conflicts_with = "latest")]
    from: Option<PathBuf>,
    #[command(flatten)]
    origin: Option<Origin>,
    /// Service that serves the files of a commit
    #[arg(long, value_name = "URL", env = "UPSTREAM_FILES_URL", default_value = fetch::FILES_URL)]
    files_url: String,
    /// Service that lists commits; receives GITHUB_TOKEN if it is set
    #[arg(long, value_name = "URL", env = "UPSTREAM_API_URL", default_value = fetch::API_URL)]
    api_url: String,
}

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> Result<()> {
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
        } => regenerate(&layout, from.as_deref(), origin, check),
        Task::Report { base, from, format } => {
            let upstream = upstream(&layout, from.as_deref())?;
            let upstream = upstream.as_ref();
            let upstream = upstream.map(|(name, document)| (name.clone(), &document.value));
            print(&report::run(&layout, &base, upstream, format)?)
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
                let (covered, total) = (coverage.covered(), coverage.total());
                let found = format!("{covered} of {total} operations can be generated");
                say(&format!("{found}; compiling them"));
                coverage.compile(&document, layout.root(), alone)?;
            }
            print(&coverage.to_string())?;
            ensure!(
                coverage.is_clean(),
                "the generated code of at least one operation does not compile"
            );
            Ok(())
        }
    }
}

fn fetch(layout: &Layout, arguments: FetchArguments) -> Result<()> {
    let token = env::var("GITHUB_TOKEN").unwrap_or_default();
    let token = (!token.trim().is_empty()).then(|| SecretString::from(token.trim()));
    let upstream = || Upstream::new(&arguments.files_url, &arguments.api_url, token, TIMEOUT);
    let fetched = match arguments.from {
        Some(path) => fetch::local(layout, &path, arguments.origin)?,
        None if arguments.latest => fetch::latest(layout, &upstream()?)?,
        None => fetch::pinned(layout, &upstream()?)?,
    };
    let (file, lock) = (&fetched.file, &fetched.lock);
    let state = match fetched.cached {
        true => "was already stored",
        false => "stored",
    };
    say(&format!(
        "{}: {state}, {} bytes, commit {}",
        file.strip_prefix(layout.root()).unwrap_or(file).display(),
        lock.bytes,
        lock.commit.as_deref().unwrap_or("unknown")
    ));
    list(&fetched.changes);
    Ok(())
}

fn regenerate(
    layout: &Layout,
    from: Option<&Path>,
    origin: Option<Origin>,
    check: bool,
) -> Result<()> {
    let before = layout.read_lock()?;
    let upstream = upstream(layout, from)?.map(|(name, document)| {
        let pinned = before.as_ref().map(Lock::file_name).unwrap_or_default();
        let file = from.map_or_else(|| pinned.to_owned(), fetch::file_name);
        let lock = Lock::new(&document, &file, origin, before.as_ref());
        (name, document, lock)
    });
    let made = match &upstream {
        None => regen::from_permissions(layout)?,
        Some((name, document, lock)) => regen::from_upstream(layout, document, name, lock)?,
    };
    describe(&made, upstream.as_ref().map(|(name, ..)| name.as_str()));
    let (changes, consequence) = match check {
        true => (made.output.changes()?, ""),
        false => (made.output.write()?, ": the edit is overwritten"),
    };
    for name in &made.edited {
        say(&format!(
            "{name} was edited after it was generated{consequence}"
        ));
    }
    if check && changes.is_empty() {
        say("all generated files are up to date");
        return Ok(());
    }
    if check {
        say(&regen::diffs(&changes));
        let names = changes
            .iter()
            .map(|change| change.path.display().to_string());
        bail!(
            "generated files are out of date: {}; run the same command without --check",
            names.collect::<Vec<_>>().join(", ")
        );
    }
    if let (Some(_), Some((_, document, lock))) = (from, &upstream) {
        fetch::store(layout, document, lock)?;
    }
    list(&changes);
    Ok(())
}

/// Reads the upstream spec at the given path or, if no path is given, the pinned upstream spec if
/// it has been fetched. Also returns the path of the file.
fn upstream(layout: &Layout, from: Option<&Path>) -> Result<Option<(String, Document)>> {
    let found = match from {
        None => fetch::cached(layout)?,
        Some(path) => Some((path.to_owned(), document::read(path)?)),
    };
    Ok(found.map(|(path, document)| (path.display().to_string(), document)))
}

fn describe(made: &Regenerated, upstream: Option<&str>) {
    let (Some(specification), Some(name)) = (&made.specification, upstream) else {
        say("generated from openapi/permissions.json, because no upstream spec has been fetched");
        return;
    };
    say(&format!("generated from {name}"));
    for note in &specification.notes {
        say(&format!("note: {note}"));
    }
    let actions = specification.applied.len();
    say(&format!("applied {actions} overlay actions"));
}

fn list(changes: &[Change]) {
    for change in changes {
        say(&format!("wrote {}", change.path.display()));
    }
    if changes.is_empty() {
        say("nothing changed");
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
