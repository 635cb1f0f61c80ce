//! Durable writes per second, compared with transactions on a SQLite connection.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::child::{Child, Role};
use crate::load::Load;
use crate::{head, median, ratio, row, table};

const WRITES: usize = 600;
const ROUNDS: usize = 5;
const WRITERS: [usize; 3] = [1, 8, 32];

pub(crate) fn run(folder: &Path) -> anyhow::Result<()> {
    let server = Child::start(&Role::Server(folder.join("creates.db")))?;
    let mut bare = Vec::new();
    let mut served = WRITERS.map(|_| Vec::new());
    for round in 0..ROUNDS {
        let file = folder.join(format!("bare-{round}.db"));
        bare.push(table::bare_transactions(&file, WRITES)?);
        for (writers, times) in WRITERS.iter().zip(&mut served) {
            let start = Instant::now();
            Load::creates(&server, *writers, WRITES, &format!("{round}_{writers}"))?;
            times.push(start.elapsed());
        }
    }
    let bare = median(bare);
    head(&["durable writes", "a second", "to bare SQLite"]);
    row(&["bare SQLite, one transaction each", &rate(bare), ""]);
    for (writers, times) in WRITERS.iter().zip(served) {
        let served = median(times);
        row(&[
            &format!("creates by {writers} concurrent clients"),
            &rate(served),
            // The ratio of rates is the inverse of the ratio of times.
            &ratio(bare, served),
        ]);
    }
    Ok(())
}

fn rate(took: Duration) -> String {
    format!("{:.0}", WRITES as f64 / took.as_secs_f64())
}
