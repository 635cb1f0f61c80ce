//! Compares the list and create requests of two binaries of permissions-server, in alternating rounds.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;

use crate::child::{Child, Role};
use crate::load::{Load, list};
use crate::pages::{ROUNDS, SMALL, cost, spread};
use crate::table::{self, id};
use crate::{head, median, micros, ratio, row};

/// Number of creates of each round.
const CREATES: usize = 1_000;
const WRITERS: [usize; 2] = [1, 8];

pub(crate) fn run(folder: &Path, large: u64) -> anyhow::Result<()> {
    let binary = |variable: &str| {
        let path = std::env::var_os(variable).map(PathBuf::from);
        path.with_context(|| {
            format!("set {variable} to the path of a permissions-server executable")
        })
    };
    let (new, old) = (
        binary("PERMISSIONS_BENCH_NEW_BINARY")?,
        binary("PERMISSIONS_BENCH_OLD_BINARY")?,
    );
    let start = |program: &Path, file: PathBuf| {
        Child::start(&Role::Binary {
            program: program.to_owned(),
            file,
        })
    };
    head(&["CPU time of the server per request", "new", "old", "ratio"]);
    for rows in [SMALL, large] {
        let file = table::with_rows(folder, rows)?;
        let new = start(&new, file.clone())?;
        let old = table::with_old_schema(&file, || start(&old, file.clone()))?;
        let servers = [&new, &old];
        let first = |_| list("limit=100");
        let by_cursor = |n| list(&format!("limit=100&after={}", id(spread(n, rows))));
        compare(
            &format!("first page of 100, {rows} rows"),
            servers,
            |child, _| cost(child, first),
        )?;
        compare(
            &format!("page of 100 by cursor, {rows} rows"),
            servers,
            |child, _| cost(child, by_cursor),
        )?;
    }
    let databases = tempfile::tempdir()?;
    let servers = [
        &start(&new, databases.path().join("new.db"))?,
        &start(&old, databases.path().join("old.db"))?,
    ];
    for writers in WRITERS {
        compare(
            &format!("create, {writers} clients"),
            servers,
            |child, round| {
                let before = child.cpu()?;
                Load::creates(child, writers, CREATES, &format!("{writers}_{round}"))?;
                Ok(child.cpu()?.saturating_sub(before) / u32::try_from(CREATES)?)
            },
        )?;
        let wall = format!("create, {writers} clients, elapsed time");
        compare(&wall, servers, |child, round| {
            let start = std::time::Instant::now();
            Load::creates(child, writers, CREATES, &format!("wall_{writers}_{round}"))?;
            Ok(start.elapsed() / u32::try_from(CREATES)?)
        })?;
    }
    Ok(())
}

/// Measures both servers in each round and prints the medians.
fn compare(
    name: &str,
    servers: [&Child; 2],
    measure: impl Fn(&Child, usize) -> anyhow::Result<Duration>,
) -> anyhow::Result<()> {
    let mut times = [vec![], vec![]];
    for round in 0..=ROUNDS {
        for (times, server) in times.iter_mut().zip(servers) {
            let time = measure(server, round)?;
            // The first round fills the caches.
            if round > 0 {
                times.push(time);
            }
        }
    }
    let [new, old] = times.map(median);
    row(&[name, &micros(new), &micros(old), &ratio(new, old)]);
    Ok(())
}
