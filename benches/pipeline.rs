//! `cargo bench -p permissions-benches --bench pipeline -- FILE`: the whole way from an upstream document to everything
//! written, beside parsing that document into a `serde_json::Value`, in one run.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use xtask::document::Document;
use xtask::lock::Lock;
use xtask::regen::{self, Layout};

const ROUNDS: usize = 15;

fn main() -> anyhow::Result<()> {
    let file = std::env::args()
        .skip(1)
        .find(|argument| !argument.starts_with("--"));
    let file = PathBuf::from(file.context(
        "give the upstream document: cargo bench -p permissions-benches --bench pipeline -- FILE",
    )?);
    let name = file.display().to_string();
    let source = Document::read(std::fs::File::open(&file)?, &name)?.source;
    let workspace = workspace()?;

    let mut parsing = Vec::new();
    let mut regenerating = Vec::new();
    for _ in 0..ROUNDS {
        let start = Instant::now();
        if std::hint::black_box(serde_json::from_slice::<serde_json::Value>(&source)).is_ok() {
            parsing.push(start.elapsed());
        }

        // Everything is written each time, as if the document had changed.
        let layout = Layout::new(workspace.path());
        std::fs::remove_file(layout.permissions())?;
        std::fs::remove_dir_all(layout.generated())?;
        let start = Instant::now();
        let document = Document::read(std::fs::File::open(&file)?, &name)?;
        let lock = Lock::new(&document, None, layout.read_lock()?.as_ref());
        let written = regen::from_upstream(&layout, &document, &name, &lock)?
            .output
            .write()?;
        regenerating.push(start.elapsed());
        anyhow::ensure!(
            written.len() >= 4,
            "only {} files were written",
            written.len()
        );
    }
    report(&name, median(parsing), median(regenerating));
    Ok(())
}

/// A folder with the files that the pipeline reads and writes.
fn workspace() -> anyhow::Result<tempfile::TempDir> {
    let here = Layout::new(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."));
    let folder = tempfile::tempdir()?;
    let there = Layout::new(folder.path());
    std::fs::create_dir(folder.path().join("openapi"))?;
    std::fs::create_dir_all(there.generated())?;
    for (from, to) in [
        (here.select(), there.select()),
        (here.overlay(), there.overlay()),
        (here.lock(), there.lock()),
        (here.permissions(), there.permissions()),
    ] {
        std::fs::copy(&from, &to).with_context(|| format!("failed to copy {}", from.display()))?;
    }
    Ok(folder)
}

fn median(mut times: Vec<Duration>) -> Option<Duration> {
    times.sort_unstable();
    times.get(times.len() / 2).copied()
}

#[allow(
    clippy::print_stdout,
    reason = "the table is what the bench is run for"
)]
fn report(name: &str, parsing: Option<Duration>, regenerating: Option<Duration>) {
    println!("\n{name}\n\n| step | ms |\n| --- | --- |");
    let rows = [
        ("serde_json::from_slice into a Value", parsing),
        ("regenerate, everything written", regenerating),
    ];
    for (step, time) in rows {
        let time = time.map_or("not JSON".to_owned(), |time| {
            format!("{:.1}", time.as_secs_f64() * 1e3)
        });
        println!("| {step} | {time} |");
    }
    if let (Some(parsing), Some(regenerating)) = (parsing, regenerating) {
        let allowed = parsing * 2 + Duration::from_millis(200);
        let share = regenerating.as_secs_f64() / allowed.as_secs_f64();
        println!("\n{share:.2} of what is allowed, twice the parsing and 0.2 s");
    }
}
