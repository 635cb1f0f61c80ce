//! Memory with many connections, and the time of a start.

use std::path::Path;
use std::time::Instant;

use permissions_server::Server;

use crate::child::{Child, Role};
use crate::load::{Load, list};
use crate::pages::spread;
use crate::table::{self, id};
use crate::{head, median, row};

const CONNECTIONS: usize = 1_000;
const STARTS: usize = 50;

/// Measures the memory of a server with many open connections, each of which has read a page of 100.
pub(crate) fn memory(folder: &Path, rows: u64) -> anyhow::Result<()> {
    let server = Child::start(&Role::Server(table::with_rows(folder, rows)?))?;
    let idle = server.resident_mib()?;
    let page = |n| list(&format!("limit=100&after={}", id(spread(n, rows))));
    Load::gets(&server, 20 * CONNECTIONS, page)?;
    let open = Load::open(&server, CONNECTIONS, page)?;
    let busy = server.resident_mib()?;
    drop(open);
    head(&["connections", "resident memory"]);
    row(&["0", &format!("{idle:.1} MiB")]);
    row(&[&CONNECTIONS.to_string(), &format!("{busy:.1} MiB")]);
    Ok(())
}

/// Measures [`Server::start`].
pub(crate) fn start() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let mut times = Vec::with_capacity(STARTS);
    for _ in 0..STARTS {
        let start = Instant::now();
        let server = runtime.block_on(Server::start())?;
        times.push(start.elapsed());
        drop(server);
    }
    let millis = |time: std::time::Duration| format!("{:.2} ms", time.as_secs_f64() * 1e3);
    let worst = times.iter().max().copied().unwrap_or_default();
    let first = times.first().copied().unwrap_or_default();
    head(&["Server::start()", "first", "median", "worst"]);
    row(&[
        &format!("{STARTS} times"),
        &millis(first),
        &millis(median(times)),
        &millis(worst),
    ]);
    Ok(())
}
