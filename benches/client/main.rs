//! `cargo bench -p permissions-benches --bench client`: CPU time of permissions-ext and of a hand-written loop with
//! reqwest and serde_json, in one run against the same server. `--features peers` adds async-openai.
//!
//! After `--`, the names `list`, `list10`, `create` and `delete` select tables. `--only NAME` selects one client, for a
//! profiler.

#[cfg(feature = "peers")]
mod async_openai;
mod by_hand;
mod ours;

use permissions_benches::peer::{self, Peer};
use permissions_benches::rounds::{self, Program};
use permissions_benches::{arguments, cpu};
use permissions_ext::{CheckpointId, PermissionId, ProjectId};
use tokio::runtime::Runtime;

const LIST_REQUESTS: u64 = 1_000;
const WRITES: u64 = 2_000;
const ROUNDS: usize = 31;

/// A client library. Each method returns the number of permissions that it listed, created or deleted.
trait Sdk {
    fn name(&self) -> &'static str;
    fn list(&self, runtime: &Runtime, page_size: u32) -> anyhow::Result<u64>;
    fn create(&self, runtime: &Runtime, projects: &[ProjectId]) -> anyhow::Result<u64>;
    fn delete(&self, runtime: &Runtime, ids: &[PermissionId]) -> anyhow::Result<u64>;
}

fn main() -> anyhow::Result<()> {
    peer::serve_if_started_as_server()?;
    let arguments = arguments::read()?;
    cpu::stay_on_one()?;
    // permissions-ext builds reqwest without a default TLS provider, which the other clients need.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let checkpoint: CheckpointId = "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd".parse()?;
    let clients = |peer: &Peer| -> anyhow::Result<Vec<Box<dyn Sdk>>> {
        let mut clients: Vec<Box<dyn Sdk>> = vec![
            Box::new(by_hand::Client::new(&peer.base_url, checkpoint.as_str())),
            Box::new(ours::Client::new(&peer.base_url, &checkpoint)?),
            #[cfg(feature = "peers")]
            Box::new(async_openai::Client::new(
                &peer.base_url,
                checkpoint.as_str(),
            )),
        ];
        clients.retain(|sdk| arguments.selects_client(sdk.name()));
        Ok(clients)
    };
    let projects: Vec<ProjectId> = (0..WRITES)
        .map(|number| format!("proj_{number}").parse())
        .collect::<Result<_, _>>()?;
    let ids: Vec<PermissionId> = (0..WRITES)
        .map(|number| format!("cp_{number:024}").parse())
        .collect::<Result<_, _>>()?;

    for (name, page_size) in [("list", 100_u32), ("list10", 10)] {
        if arguments.selects_table(name) {
            let permissions = LIST_REQUESTS * u64::from(page_size);
            let peer = Peer::start(permissions)?;
            let title = format!("list {permissions} permissions, pages of {page_size}");
            let clients = clients(&peer)?;
            measure(&title, &clients, permissions, LIST_REQUESTS, |sdk| {
                sdk.list(&runtime, page_size)
            })?;
        }
    }
    let peer = Peer::start(0)?;
    let sdks = clients(&peer)?;
    if arguments.selects_table("create") {
        let title = format!("create {WRITES} permissions, one per request");
        measure(&title, &sdks, WRITES, WRITES, |sdk| {
            sdk.create(&runtime, &projects)
        })?;
    }
    if arguments.selects_table("delete") {
        let title = format!("delete {WRITES} permissions");
        measure(&title, &sdks, WRITES, WRITES, |sdk| {
            sdk.delete(&runtime, &ids)
        })?;
    }
    Ok(())
}

/// Prints a table with CPU times relative to the first client.
#[allow(clippy::print_stdout, reason = "a benchmark prints its results")]
fn measure(
    title: &str,
    sdks: &[Box<dyn Sdk>],
    units: u64,
    requests: u64,
    run: impl Fn(&dyn Sdk) -> anyhow::Result<u64>,
) -> anyhow::Result<()> {
    let run = &run;
    let mut programs: Vec<Program<'_>> = sdks
        .iter()
        .map(|sdk| Program {
            name: sdk.name(),
            run: Box::new(move || run(&**sdk)),
        })
        .collect();
    let medians = rounds::medians(&mut programs, units, ROUNDS)?;
    println!("\n{title}\n\n| client | CPU µs per request | ratio |\n| --- | --- | --- |");
    for (sdk, median) in sdks.iter().zip(&medians) {
        let micros = median.as_secs_f64() * 1e6 / requests as f64;
        let ratio = median.as_secs_f64() / medians[0].as_secs_f64();
        println!("| {} | {micros:.1} | {ratio:.2} |", sdk.name());
    }
    Ok(())
}
