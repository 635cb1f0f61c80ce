//! `cargo bench -p permissions-benches --bench audit`: an audit of 200 checkpoints over a slow network, compared with the
//! time that its concurrency allows.
//!
//! The limit is (requests ÷ concurrency) × latency, for a client that needs no time and always has all its requests in
//! flight.

use std::time::{Duration, Instant};

use anyhow::ensure;
use permissions_benches::peer::{self, PAGE_SIZE, Peer};

const CHECKPOINTS: u64 = 200;
const PERMISSIONS: u64 = 500;
const CONCURRENCY: u32 = 16;
const LATENCY: Duration = Duration::from_millis(50);
const ROUNDS: usize = 5;

#[allow(clippy::print_stdout, reason = "a benchmark prints its results")]
fn main() -> anyhow::Result<()> {
    peer::serve_if_started_as_server()?;
    let peer = Peer::start_with_latency(LATENCY, PERMISSIONS)?;
    let client = permissions_ext::Client::builder()
        .admin_key("sk-admin-bench")
        .base_url(&peer.base_url)
        .build()?;
    let checkpoints: Vec<String> = (0..CHECKPOINTS)
        .map(|number| format!("ft:gpt-4o-mini-2024-07-18:org:weather:{number}"))
        .collect();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;

    let mut rounds = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let started = Instant::now();
        let audit = client.audit(&checkpoints).concurrency(CONCURRENCY as usize);
        let report = runtime.block_on(audit.send())?;
        rounds.push(started.elapsed());
        ensure!(
            report.permissions().count() as u64 == CHECKPOINTS * PERMISSIONS,
            "the audit is incomplete: {:?}",
            report.failures().next()
        );
    }
    rounds.sort();

    let requests = CHECKPOINTS * PERMISSIONS.div_ceil(PAGE_SIZE);
    let limit = LATENCY.mul_f64(requests as f64 / f64::from(CONCURRENCY));
    let median = rounds[ROUNDS / 2];
    println!(
        "\naudit of {CHECKPOINTS} checkpoints with {PERMISSIONS} permissions each, {CONCURRENCY} at a time, {LATENCY:?} \
         of latency\n\n| limit | median | ratio |\n| --- | --- | --- |"
    );
    println!(
        "| {limit:.2?} | {median:.2?} | {:.2} |",
        median.as_secs_f64() / limit.as_secs_f64()
    );
    Ok(())
}
