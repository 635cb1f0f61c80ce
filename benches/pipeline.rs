//! Compares the time of the pipeline, from an upstream spec to written files, with the time of parsing that spec.
//!
//! Parsing reads JSON into a `serde_json::Value`, or YAML into the events of saphyr-parser. Run it with
//! `cargo bench -p permissions-benches --bench pipeline -- FILE`.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use xtask::document::Document;
use xtask::layout::Layout;
use xtask::lock::Lock;
use xtask::regen;

const ROUNDS: usize = 15;

fn main() -> anyhow::Result<()> {
    let file = std::env::args()
        .skip(1)
        .find(|argument| !argument.starts_with("--"));
    let file = PathBuf::from(file.context(
        "pass an upstream spec: cargo bench -p permissions-benches --bench pipeline -- FILE",
    )?);
    let name = file.display().to_string();
    let source = Document::read(std::fs::File::open(&file)?, &name)?.source;
    let parser = Parser::of(std::str::from_utf8(&source)?);
    let workspace = workspace()?;

    let mut parsing = Vec::new();
    let mut reading = Vec::new();
    let mut regenerating = Vec::new();
    for _ in 0..ROUNDS {
        let start = Instant::now();
        parser.run(&source)?;
        parsing.push(start.elapsed());

        // The files are removed, so that each round writes them.
        let layout = Layout::new(workspace.path());
        std::fs::remove_file(layout.permissions())?;
        std::fs::remove_file(layout.generated())?;
        let start = Instant::now();
        let document = Document::read(std::fs::File::open(&file)?, &name)?;
        reading.push(start.elapsed());
        let lock = Lock::new(
            &document,
            "openapi.json",
            None,
            layout.read_lock()?.as_ref(),
        );
        let written = regen::from_upstream(&layout, &document, &name, &lock)?
            .output
            .write()?;
        regenerating.push(start.elapsed());
        anyhow::ensure!(
            written.len() >= 2,
            "only {} files were written",
            written.len()
        );
    }
    report(
        &name,
        parser,
        median(parsing),
        median(reading),
        median(regenerating),
    );
    Ok(())
}

/// The parser to compare with.
#[derive(Clone, Copy)]
enum Parser {
    Json,
    Yaml,
}

impl Parser {
    fn of(text: &str) -> Self {
        if text.trim_start().starts_with('{') {
            Self::Json
        } else {
            Self::Yaml
        }
    }

    fn run(self, source: &[u8]) -> anyhow::Result<()> {
        match self {
            Self::Json => {
                std::hint::black_box(serde_json::from_slice::<serde_json::Value>(source)?);
            }
            Self::Yaml => {
                let text = std::str::from_utf8(source)?;
                for event in saphyr_parser::Parser::new_from_str(text) {
                    std::hint::black_box(event?);
                }
            }
        }
        Ok(())
    }

    fn name(self) -> &'static str {
        match self {
            Self::Json => "serde_json::from_slice into a Value",
            Self::Yaml => "events of saphyr-parser",
        }
    }
}

/// Returns a folder with the files that the pipeline reads and writes.
fn workspace() -> anyhow::Result<tempfile::TempDir> {
    let here = Layout::new(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."));
    let folder = tempfile::tempdir()?;
    let there = Layout::new(folder.path());
    std::fs::create_dir(folder.path().join("openapi"))?;
    if let Some(folder) = there.generated().parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(there.generated(), "")?;
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

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

#[allow(clippy::print_stdout, reason = "a benchmark prints its results")]
fn report(
    name: &str,
    parser: Parser,
    parsing: Duration,
    reading: Duration,
    regenerating: Duration,
) {
    println!("\n{name}\n\n| step | ms |\n| --- | --- |");
    let rows = [
        (parser.name(), parsing),
        ("regenerate: reading", reading),
        ("regenerate: all stages and writing", regenerating),
    ];
    for (step, time) in rows {
        println!("| {step} | {:.1} |", time.as_secs_f64() * 1e3);
    }
    let allowed = parsing * 2 + Duration::from_millis(200);
    let share = regenerating.as_secs_f64() / allowed.as_secs_f64();
    println!("\n{share:.2} of the time limit, which is 2 × the parse time + 0.2 s");
}
