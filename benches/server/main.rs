//! `cargo bench -p permissions-benches --bench server`: what permissions-server costs beside what it stands on, as
//! ratios within one run: pages of a large table beside those of a small one, reads beside the same HTTP server with a
//! constant body, durable creates beside bare SQLite transactions, and memory under many connections.
//!
//! The large table has ten million permissions; `PERMISSIONS_BENCH_ROWS` sets another number.

mod child;
mod load;
mod table;

use std::time::{Duration, Instant};

use anyhow::Context as _;
use child::{Child, Role};
use load::Load;

const SMALL: u64 = 10_000;
const LARGE: u64 = 10_000_000;
const PAGES: usize = 4_000;
const ROUNDS: usize = 5;
const WRITES: usize = 600;
const WRITERS: usize = 32;
const CONNECTIONS: usize = 1_000;

fn main() -> anyhow::Result<()> {
    child::serve_if_asked()?;
    let large = match std::env::var("PERMISSIONS_BENCH_ROWS") {
        Ok(rows) => rows
            .parse()
            .context("PERMISSIONS_BENCH_ROWS is no number")?,
        Err(_) => LARGE,
    };
    let folder = tempfile::tempdir()?;
    let small_file = folder.path().join("small.db");
    let large_file = folder.path().join("large.db");
    table::fill(&small_file, SMALL)?;
    table::fill(&large_file, large)?;

    let constant = Child::start(&Role::Constant)?;
    let small = Child::start(&Role::Server(small_file))?;
    let big = Child::start(&Role::Server(large_file))?;
    let contenders = [(&constant, SMALL), (&small, SMALL), (&big, large)];
    let mut costs = [vec![], vec![], vec![]];
    for _ in 0..ROUNDS {
        for ((child, rows), costs) in contenders.iter().zip(&mut costs) {
            costs.push(pages(child, *rows)?);
        }
    }
    let [constant_cost, small_cost, large_cost] = costs.map(median);
    print(
        "CPU per page of 100, constant body",
        &micros(constant_cost),
        "",
    );
    print(
        &format!("CPU per page of 100, {SMALL} permissions"),
        &micros(small_cost),
        &format!(
            "{:.2}x the rate of the constant body",
            constant_cost.as_secs_f64() / small_cost.as_secs_f64()
        ),
    );
    print(
        &format!("CPU per page of 100, {large} permissions"),
        &micros(large_cost),
        &format!(
            "{:.2}x the cost of the small table",
            large_cost.as_secs_f64() / small_cost.as_secs_f64()
        ),
    );

    let bare = table::bare_transactions(&folder.path().join("bare.db"), WRITES)?;
    let creating = Child::start(&Role::Server(folder.path().join("create.db")))?;
    let start = Instant::now();
    Load::creates(&creating, WRITERS, WRITES)?;
    let served = start.elapsed();
    print("durable transactions, bare SQLite", &rate(WRITES, bare), "");
    print(
        &format!("durable creates, {WRITERS} at a time"),
        &rate(WRITES, served),
        &format!(
            "{:.2}x the rate of bare SQLite",
            bare.as_secs_f64() / served.as_secs_f64()
        ),
    );

    let open = Load::open(&small, CONNECTIONS)?;
    print(
        &format!("memory at {CONNECTIONS} connections"),
        &format!("{:.1} MiB", small.resident_mib()?),
        "",
    );
    drop(open);
    Ok(())
}

/// CPU time of the server for one page.
fn pages(child: &Child, rows: u64) -> anyhow::Result<Duration> {
    let before = child.cpu()?;
    Load::pages(child, rows, PAGES)?;
    let used = child.cpu()?.saturating_sub(before);
    Ok(used / u32::try_from(PAGES)?)
}

fn median(mut costs: Vec<Duration>) -> Duration {
    costs.sort_unstable();
    costs[costs.len() / 2]
}

fn micros(duration: Duration) -> String {
    format!("{:.1} µs", duration.as_secs_f64() * 1e6)
}

fn rate(count: usize, took: Duration) -> String {
    format!("{:.0} a second", count as f64 / took.as_secs_f64())
}

#[expect(clippy::print_stdout, reason = "what a bench has found is its output")]
fn print(what: &str, value: &str, ratio: &str) {
    println!("{what:<48} {value:>16}  {ratio}");
}
