//! `cargo bench -p permissions-benches --bench server`: what permissions-server costs beside what it stands on, as
//! ratios within one run: pages of a large table beside those of a small one, reads beside the same HTTP server with a
//! constant body, durable creates beside bare SQLite transactions, memory under many connections, and its start.
//!
//! `-- pages`, `creates`, `memory` or `start` after the command runs only these. The large table has ten million
//! permissions; `PERMISSIONS_BENCH_ROWS` sets another number. `PERMISSIONS_BENCH_FOLDER` names a folder that keeps the
//! tables for the next run.

mod child;
mod creates;
mod load;
mod pages;
mod small;
mod table;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, bail};

const LARGE: u64 = 10_000_000;

fn main() -> anyhow::Result<()> {
    child::serve_if_asked()?;
    let large = match std::env::var("PERMISSIONS_BENCH_ROWS") {
        Ok(rows) => rows
            .parse()
            .context("PERMISSIONS_BENCH_ROWS is no number")?,
        Err(_) => LARGE,
    };
    let temporary = tempfile::tempdir()?;
    let folder = std::env::var_os("PERMISSIONS_BENCH_FOLDER")
        .map_or_else(|| temporary.path().to_owned(), PathBuf::from);
    // cargo adds flags of its own.
    let mut sections: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with("--"))
        .collect();
    if sections.is_empty() {
        sections = ["pages", "creates", "memory", "start"]
            .map(str::to_owned)
            .into();
    }
    for section in sections {
        match section.as_str() {
            "pages" => pages::run(&folder, large)?,
            "creates" => creates::run(temporary.path())?,
            "memory" => small::memory(&folder, large)?,
            "start" => small::start()?,
            // Makes the tables, so that the next run measures at once.
            "tables" => drop((
                table::with_rows(&folder, pages::SMALL)?,
                table::with_rows(&folder, large)?,
            )),
            other => {
                bail!("there is no '{other}'; there are pages, creates, memory, start and tables")
            }
        }
    }
    Ok(())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn micros(duration: Duration) -> String {
    format!("{:.1} µs", duration.as_secs_f64() * 1e6)
}

fn ratio(of: Duration, to: Duration) -> String {
    format!("{:.2}×", of.as_secs_f64() / to.as_secs_f64())
}

#[expect(clippy::print_stdout, reason = "what a bench has found is its output")]
fn row(cells: &[&str]) {
    println!("| {} |", cells.join(" | "));
}

#[expect(clippy::print_stdout, reason = "what a bench has found is its output")]
fn head(cells: &[&str]) {
    println!();
    row(cells);
    row(&vec!["---"; cells.len()]);
}
