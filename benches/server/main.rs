//! Compares permissions-server with the layers below it, as ratios within one run: pages of a large table with pages of a
//! small one, reads with a constant response of the same HTTP server, durable creates with bare SQLite transactions, memory
//! with many connections, and the time of a start.
//!
//! `cargo bench -p permissions-benches --bench server -- pages` runs one section of `pages`, `creates`, `memory`, `start` and
//! `versions`. The section `versions` compares two binaries of permissions-server, `PERMISSIONS_BENCH_NEW_BINARY` and
//! `PERMISSIONS_BENCH_OLD_BINARY`. If the first one is set, the other sections measure it too. The large table has ten million permissions, or `PERMISSIONS_BENCH_ROWS`.
//! `PERMISSIONS_BENCH_FOLDER` is a folder that keeps the tables for the next run.

mod child;
mod creates;
mod load;
mod pages;
mod small;
mod table;
mod versions;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, bail};

const LARGE: u64 = 10_000_000;

fn main() -> anyhow::Result<()> {
    child::serve_if_started_as_server()?;
    let large = match std::env::var("PERMISSIONS_BENCH_ROWS") {
        Ok(rows) => rows
            .parse()
            .context("PERMISSIONS_BENCH_ROWS is not a number")?,
        Err(_) => LARGE,
    };
    let temporary = tempfile::tempdir()?;
    let folder = std::env::var_os("PERMISSIONS_BENCH_FOLDER")
        .map_or_else(|| temporary.path().to_owned(), PathBuf::from);
    // cargo adds options, such as --bench.
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
            "versions" => versions::run(&folder, large)?,
            // Creates the tables for the next run.
            "tables" => drop((
                table::with_rows(&folder, pages::SMALL)?,
                table::with_rows(&folder, large)?,
            )),
            other => {
                bail!(
                    "unknown section '{other}'; use pages, creates, memory, start, versions or tables"
                )
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

#[expect(clippy::print_stdout, reason = "a benchmark prints its results")]
fn row(cells: &[&str]) {
    println!("| {} |", cells.join(" | "));
}

#[expect(clippy::print_stdout, reason = "a benchmark prints its results")]
fn head(cells: &[&str]) {
    println!();
    row(cells);
    row(&vec!["---"; cells.len()]);
}
