//! The primary crashes under load.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use permissions_server::{Database, Server};
use tokio::task::JoinSet;

use libtest_mimic::Trial;

use crate::postgres::Pair;
use crate::support::Client;
use crate::{Available, asynchronous};

/// Minimum number of creates before and after the crash.
const CREATES: usize = 100;

async fn promoted_standby_has_all_acknowledged_creates() -> Available<()> {
    let mut pair = Pair::start()?;
    let mut servers = Vec::new();
    for _ in 0..2 {
        let database = Database::postgres(pair.url());
        servers.push(
            Server::builder()
                .database(database)
                .start()
                .await
                .expect("a server"),
        );
    }
    let acknowledged = Arc::new(AtomicUsize::new(0));
    let target = Arc::new(AtomicUsize::new(usize::MAX));
    let mut writers = JoinSet::new();
    for writer in 0..6 {
        let client = Client::of(&servers[writer % 2]);
        let (acknowledged, target) = (Arc::clone(&acknowledged), Arc::clone(&target));
        writers.spawn(async move {
            let mut ids = Vec::new();
            for n in 0.. {
                if acknowledged.load(Ordering::Relaxed) >= target.load(Ordering::Relaxed) {
                    break;
                }
                let created = client.create(&[&format!("proj_{writer}_{n}")]).await;
                assert_eq!(created.status, 200, "{created:?}");
                ids.push(created.each("id")[0].to_owned());
                acknowledged.fetch_add(1, Ordering::Relaxed);
            }
            ids
        });
    }
    while acknowledged.load(Ordering::Relaxed) < CREATES {
        tokio::task::yield_now().await;
    }
    let pair = tokio::task::spawn_blocking(move || {
        pair.order("crash");
        pair.order("promote");
        pair
    })
    .await
    .expect("promoted");
    target.store(
        acknowledged.load(Ordering::Relaxed) + CREATES,
        Ordering::Relaxed,
    );
    let ids: Vec<String> = writers.join_all().await.into_iter().flatten().collect();

    let there: HashSet<String> = Client::of(&servers[0])
        .all("ascending", 100)
        .await
        .into_iter()
        .map(|(id, _)| id)
        .collect();
    assert!(ids.len() >= 2 * CREATES);
    assert!(
        ids.iter().all(|id| there.contains(id)),
        "an acknowledged create is lost"
    );
    drop(pair);
    Ok(())
}

pub fn trials() -> Vec<Trial> {
    vec![asynchronous(
        "failover::promoted_standby_has_all_acknowledged_creates",
        promoted_standby_has_all_acknowledged_creates,
    )]
}
