//! `cargo bench -p permissions-benches --bench client`: CPU time of permissions-ext beside the loop that people write
//! by hand with reqwest and serde_json, over the same pages from the same server, in one run. With `--features peers`
//! async-openai takes part.
//!
//! Behind `--`, `list`, `create` or `delete` measures that alone, and `--only NAME` one client alone, for a profiler.

#[cfg(feature = "peers")]
mod async_openai;
mod by_hand;
mod ours;

use permissions_benches::peer::{self, PAGE_SIZE, Peer};
use permissions_benches::rounds::{self, Contender};
use permissions_benches::{arguments, cpu};
use permissions_ext::{CheckpointId, PermissionId, ProjectId};
use tokio::runtime::Runtime;

const PERMISSIONS: u64 = 100_000;
const WRITES: u64 = 2_000;
const ROUNDS: usize = 31;

/// A client library at work; each method returns how many permissions it dealt with.
trait Sdk {
    fn name(&self) -> &'static str;
    fn list(&self, runtime: &Runtime) -> anyhow::Result<u64>;
    fn create(&self, runtime: &Runtime, projects: &[ProjectId]) -> anyhow::Result<u64>;
    fn delete(&self, runtime: &Runtime, ids: &[PermissionId]) -> anyhow::Result<u64>;
}

fn main() -> anyhow::Result<()> {
    peer::serve_if_asked()?;
    let arguments = arguments::read()?;
    cpu::stay_on_one()?;
    let peer = Peer::start(PERMISSIONS)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let checkpoint: CheckpointId = "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd".parse()?;
    let sdks: Vec<Box<dyn Sdk>> = vec![
        Box::new(by_hand::Client::new(&peer.base_url, checkpoint.as_str())),
        Box::new(ours::Client::new(&peer.base_url, &checkpoint)?),
        #[cfg(feature = "peers")]
        Box::new(async_openai::Client::new(
            &peer.base_url,
            checkpoint.as_str(),
        )),
    ];
    let sdks: Vec<&dyn Sdk> = sdks
        .iter()
        .map(|sdk| &**sdk)
        .filter(|sdk| arguments.contends(sdk.name()))
        .collect();
    let projects: Vec<ProjectId> = (0..WRITES)
        .map(|number| format!("proj_{number}").parse())
        .collect::<Result<_, _>>()?;
    let ids: Vec<PermissionId> = (0..WRITES)
        .map(|number| format!("cp_{number:024}").parse())
        .collect::<Result<_, _>>()?;

    if arguments.measures("list") {
        let title = format!("list {PERMISSIONS} permissions, pages of {PAGE_SIZE}");
        let requests = PERMISSIONS / PAGE_SIZE;
        measure(&title, &sdks, PERMISSIONS, requests, |sdk| {
            sdk.list(&runtime)
        })?;
    }
    if arguments.measures("create") {
        let title = format!("create {WRITES} permissions, one a request");
        measure(&title, &sdks, WRITES, WRITES, |sdk| {
            sdk.create(&runtime, &projects)
        })?;
    }
    if arguments.measures("delete") {
        let title = format!("delete {WRITES} permissions");
        measure(&title, &sdks, WRITES, WRITES, |sdk| {
            sdk.delete(&runtime, &ids)
        })?;
    }
    Ok(())
}

/// One table; the first client is the measure of the others.
#[allow(
    clippy::print_stdout,
    reason = "the table is what the bench is run for"
)]
fn measure(
    title: &str,
    sdks: &[&dyn Sdk],
    units: u64,
    requests: u64,
    run: impl Fn(&dyn Sdk) -> anyhow::Result<u64>,
) -> anyhow::Result<()> {
    let run = &run;
    let mut contenders: Vec<Contender<'_>> = sdks
        .iter()
        .map(|&sdk| Contender {
            name: sdk.name(),
            run: Box::new(move || run(sdk)),
        })
        .collect();
    let medians = rounds::medians(&mut contenders, units, ROUNDS)?;
    println!("\n{title}\n\n| client | CPU µs a request | ratio |\n| --- | --- | --- |");
    for (sdk, median) in sdks.iter().zip(&medians) {
        let micros = median.as_secs_f64() * 1e6 / requests as f64;
        let ratio = median.as_secs_f64() / medians[0].as_secs_f64();
        println!("| {} | {micros:.1} | {ratio:.2} |", sdk.name());
    }
    Ok(())
}
