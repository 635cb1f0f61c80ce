//! `cargo bench -p permissions-benches --bench memory`: the peak memory while a client lists ten million permissions.
//!
//! Prints a table of one row, and fails if the peak exceeds the limit. `-- NUMBER` sets another number of permissions.

use anyhow::{Context as _, ensure};
use futures_util::TryStreamExt as _;
use permissions_benches::peer::{self, PAGE_SIZE, Peer};
use permissions_ext::CheckpointId;

const PERMISSIONS: u64 = 10_000_000;
/// Limit of the peak memory. The list buffers two pages, whatever its length.
const LIMIT_MIB: f64 = 32.0;

#[allow(clippy::print_stdout, reason = "a benchmark prints its results")]
fn main() -> anyhow::Result<()> {
    peer::serve_if_started_as_server()?;
    let permissions: u64 = std::env::args()
        .skip(1)
        .find_map(|argument| argument.parse().ok())
        .unwrap_or(PERMISSIONS);
    let peer = Peer::start(permissions)?;
    let checkpoint: CheckpointId = "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd".parse()?;
    let client = permissions_ext::Client::builder()
        .admin_key("sk-admin-bench")
        .base_url(&peer.base_url)
        .build()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let before = peak_mib()?;
    let read = runtime.block_on(async {
        let mut all = client.permissions(&checkpoint)?.list().stream();
        let mut count = 0;
        while let Some(permission) = all.try_next().await? {
            std::hint::black_box(&permission);
            count += 1;
        }
        anyhow::Ok(count)
    })?;
    ensure!(
        read == permissions,
        "read {read} of {permissions} permissions"
    );
    let peak = peak_mib()?;
    println!("| permissions read, pages of {PAGE_SIZE} | peak RSS before, MiB | after, MiB |");
    println!("| --- | --- | --- |");
    println!("| {permissions} | {before:.1} | {peak:.1} |");
    ensure!(peak < LIMIT_MIB, "the peak exceeds {LIMIT_MIB} MiB");
    Ok(())
}

/// Returns the peak resident memory of this process.
fn peak_mib() -> anyhow::Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status")
        .context("failed to read /proc, which exists only on Linux")?;
    let kib: f64 = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .and_then(|rest| rest.split_ascii_whitespace().next())
        .context("/proc/self/status has no VmHWM")?
        .parse()?;
    Ok(kib / 1024.0)
}
