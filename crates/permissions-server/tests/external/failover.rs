//! The primary is lost under load, and nothing that was acknowledged with it.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use permissions_server::{Database, Server};
use tokio::task::JoinSet;

use crate::postgres::Pair;
use crate::support::Client;

/// Creates before and after the loss, at least.
const ENOUGH: usize = 100;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_go_on_with_the_promoted_standby() {
    let Some(mut pair) = Pair::start() else {
        return;
    };
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
    let goal = Arc::new(AtomicUsize::new(usize::MAX));
    let mut writers = JoinSet::new();
    for writer in 0..6 {
        let client = Client::of(&servers[writer % 2]);
        let (acknowledged, goal) = (Arc::clone(&acknowledged), Arc::clone(&goal));
        writers.spawn(async move {
            let mut ids = Vec::new();
            for n in 0.. {
                if acknowledged.load(Ordering::Relaxed) >= goal.load(Ordering::Relaxed) {
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
    while acknowledged.load(Ordering::Relaxed) < ENOUGH {
        tokio::task::yield_now().await;
    }
    let pair = tokio::task::spawn_blocking(move || {
        pair.order("crash");
        pair.order("promote");
        pair
    })
    .await
    .expect("promoted");
    goal.store(
        acknowledged.load(Ordering::Relaxed) + ENOUGH,
        Ordering::Relaxed,
    );
    let ids: Vec<String> = writers.join_all().await.into_iter().flatten().collect();

    let there: HashSet<String> = Client::of(&servers[0])
        .all("ascending", 100)
        .await
        .into_iter()
        .map(|(id, _)| id)
        .collect();
    assert!(ids.len() >= 2 * ENOUGH);
    assert!(
        ids.iter().all(|id| there.contains(id)),
        "an acknowledged one is lost"
    );
    drop(pair);
}
